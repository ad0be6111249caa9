import type { Attributes } from './attributes.ts'

export interface CodedTerm {
  readonly code: string | null
  readonly meaning: string | null
}

/** What the data set says, beside the facts, of what the picture shows. Judged and forgotten: free text may name a patient. */
export interface Statements {
  readonly anatomicRegion: CodedTerm | null
  readonly view: CodedTerm | null
  /** SeriesDescription, ProtocolName, AcquisitionDeviceProcessingDescription and -Code: of the image or its series. */
  readonly descriptions: readonly string[]
  /** StudyDescription, RequestedProcedureDescription, PerformedProcedureStepDescription: of all images of an examination. */
  readonly studyDescription: string | null
  /** From the third value on: what the vendor adds. @see DICOM PS3.3 C.7.6.1.1.2 */
  readonly imageType: string | null
  readonly seriesDescription: string | null
  readonly derivationDescription: string | null
  readonly derivation: CodedTerm | null
}

/** @throws {StudyRejectedError} truncated, malformed-dicom, too-complex */
export function readStatements(attributes: Attributes): Statements {
  const seriesDescription = attributes.joined('SeriesDescription')
  const descriptions = [
    seriesDescription,
    attributes.joined('ProtocolName'),
    attributes.joined('AcquisitionDeviceProcessingDescription'),
    attributes.joined('AcquisitionDeviceProcessingCode'),
  ]
  const studyDescriptions = [
    attributes.joined('StudyDescription'),
    attributes.joined('RequestedProcedureDescription'),
    attributes.joined('PerformedProcedureStepDescription'),
  ]
  return {
    anatomicRegion: readCodedTerm(attributes, 'AnatomicRegionSequence'),
    view: readCodedTerm(attributes, 'ViewCodeSequence'),
    descriptions: descriptions.filter((text) => text !== null),
    studyDescription: studyDescriptions.filter((text) => text !== null).join(' | ') || null,
    imageType: attributes.texts('ImageType').slice(2).join(' ') || null,
    seriesDescription,
    derivationDescription: attributes.joined('DerivationDescription'),
    derivation: readCodedTerm(attributes, 'DerivationCodeSequence'),
  }
}

function readCodedTerm(
  attributes: Attributes,
  sequence: 'AnatomicRegionSequence' | 'ViewCodeSequence' | 'DerivationCodeSequence',
): CodedTerm | null {
  const item = attributes.firstItem(sequence)
  if (!item) return null
  return { code: item.text('CodeValue') ?? item.text('LongCodeValue'), meaning: item.joined('CodeMeaning') }
}
