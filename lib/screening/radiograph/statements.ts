import type { Attributes } from './attributes.ts'

export interface CodedTerm {
  readonly code: string | null
  readonly meaning: string | null
}

/** What the data set says, beside the facts, of what the picture shows. Judged and forgotten: free text may name a patient. */
export interface Statements {
  readonly anatomicRegions: readonly CodedTerm[]
  /** Structures within the region. */
  readonly anatomicStructures: readonly CodedTerm[]
  readonly views: readonly CodedTerm[]
  /** What qualifies the view, and how the patient lay. */
  readonly viewModifiers: readonly CodedTerm[]
  /** How the patient lay on the table, e.g. `HFDR`: head first, on the right side. @see DICOM PS3.3 C.7.3.1.1.2 */
  readonly patientPosition: string | null
  /** SeriesDescription, ProtocolName, AcquisitionDeviceProcessingDescription: of the image or its series. */
  readonly descriptions: readonly string[]
  /** AcquisitionDeviceProcessingCode: words or letters of the vendor's own. */
  readonly processingCode: string | null
  /** What was requested and performed, as text or by codes: it holds for all images of an examination. */
  readonly studyDescription: string | null
  /** From the third value on: what the vendor adds. @see DICOM PS3.3 C.7.6.1.1.2 */
  readonly imageType: string | null
  readonly seriesDescription: string | null
  readonly derivationDescription: string | null
  readonly derivations: readonly CodedTerm[]
  /** Another species, or a picture that tests the machine. @see DICOM PS3.3 C.7.1.1, C.7.3.1.1.1 */
  readonly isOfNoPatient: boolean
}

type CodeSequence =
  | 'AnatomicRegionSequence'
  | 'PrimaryAnatomicStructureSequence'
  | 'ViewCodeSequence'
  | 'ViewModifierCodeSequence'
  | 'PatientOrientationCodeSequence'
  | 'PatientOrientationModifierCodeSequence'
  | 'DerivationCodeSequence'
  | 'SeriesDescriptionCodeSequence'
  | 'ProcedureCodeSequence'
  | 'RequestedProcedureCodeSequence'
  | 'PerformedProtocolCodeSequence'

/** @throws {StudyRejectedError} truncated, malformed-dicom, too-complex */
export function readStatements(attributes: Attributes): Statements {
  const seriesDescription = attributes.joined('SeriesDescription')
  const descriptions = [
    seriesDescription,
    ...meaningsOf(attributes, 'SeriesDescriptionCodeSequence'),
    attributes.joined('ProtocolName'),
    attributes.joined('AcquisitionDeviceProcessingDescription'),
  ]
  const views = attributes.items('ViewCodeSequence')
  const positions = attributes.items('PatientOrientationCodeSequence')
  return {
    anatomicRegions: readCodedTerms(attributes, 'AnatomicRegionSequence'),
    anatomicStructures: readCodedTerms(attributes, 'PrimaryAnatomicStructureSequence'),
    views: views.map(codedTermOf),
    viewModifiers: [
      ...views.flatMap((view) => readCodedTerms(view, 'ViewModifierCodeSequence')),
      ...positions.map(codedTermOf),
      ...positions.flatMap((position) => readCodedTerms(position, 'PatientOrientationModifierCodeSequence')),
    ],
    patientPosition: attributes.text('PatientPosition'),
    descriptions: descriptions.filter((text) => text !== null),
    processingCode: attributes.joined('AcquisitionDeviceProcessingCode'),
    studyDescription: readStudyDescription(attributes),
    imageType: attributes.texts('ImageType').slice(2).join(' ') || null,
    seriesDescription,
    derivationDescription: attributes.joined('DerivationDescription'),
    derivations: readCodedTerms(attributes, 'DerivationCodeSequence'),
    isOfNoPatient: isAnimal(attributes) || attributes.text('QualityControlImage')?.toUpperCase() === 'YES',
  }
}

function readStudyDescription(attributes: Attributes): string | null {
  const requests = attributes.items('RequestAttributesSequence')
  const texts = [
    attributes.joined('StudyDescription'),
    attributes.joined('RequestedProcedureDescription'),
    attributes.joined('PerformedProcedureStepDescription'),
    ...meaningsOf(attributes, 'ProcedureCodeSequence'),
    ...meaningsOf(attributes, 'RequestedProcedureCodeSequence'),
    ...meaningsOf(attributes, 'PerformedProtocolCodeSequence'),
    ...requests.map((request) => request.joined('RequestedProcedureDescription')),
    ...requests.map((request) => request.joined('ScheduledProcedureStepDescription')),
  ]
  return texts.filter((text) => text !== null).join(' | ') || null
}

/** @see DICOM PS3.3 C.7.1.1: in veterinary pictures alone */
function isAnimal(attributes: Attributes): boolean {
  const species = [
    attributes.joined('PatientSpeciesDescription'),
    ...meaningsOf(attributes, 'PatientSpeciesCodeSequence'),
  ]
  return species.some((text) => text !== null && !/\b(homo|human|mensch|humain|humano|umano)/i.test(text))
}

const readCodedTerms = (attributes: Attributes, sequence: CodeSequence): CodedTerm[] =>
  attributes.items(sequence).map(codedTermOf)

const meaningsOf = (attributes: Attributes, sequence: CodeSequence | 'PatientSpeciesCodeSequence'): (string | null)[] =>
  attributes.items(sequence).map((item) => item.joined('CodeMeaning'))

const codedTermOf = (item: Attributes): CodedTerm => ({
  code: item.text('CodeValue') ?? item.text('LongCodeValue'),
  meaning: item.joined('CodeMeaning'),
})
