import type { Finding } from '../../finding/finding.ts'
import type { WarningCode } from '../../kernel/warnings.ts'
import type { PreparedImage } from '../../prepared-image/prepared-image.ts'
import type { AcquisitionFacts } from '../../radiograph/radiograph.ts'
import type { SourceIdentity } from '../../radiograph/source-identity.ts'
import { decodedTransferSyntaxes } from '../../radiograph/transfer-syntax.ts'
import { studyTime } from '../clinical-statement/study-time.ts'
import type { DocumentSource } from '../document-type.ts'
import type { Deidentification } from './deidentification.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import { knownTerm } from './terms-without-identity.ts'

/**
 * What the documents of an image are made of, without what tells whose it is: the one place where identity is removed.
 * Every field is listed: what a source says is named here, or reaches no document. Values of the source pass only where
 * they are numbers or one of a closed list of terms.
 * @param burnedInAnnotation What the source says of text in its pixels.
 * @see DICOM PS3.15 E.1
 */
export function deidentify(
  source: DocumentSource,
  pseudonyms: Pseudonyms,
  burnedInAnnotation: string | null,
): DocumentSource {
  const { identity, imageId } = source
  const shiftMs = pseudonyms.shiftSeconds(identity, imageId) * 1000
  const deidentification = { burnedInAnnotation: understood(burnedInAnnotation) }
  return {
    finding: withoutDetail(source.finding),
    imageId: pseudonyms.imageId(imageId),
    sizeBytes: source.sizeBytes,
    facts: source.facts && factsWithoutIdentity(source.facts, pseudonyms),
    identity: identity && pseudonymousIdentity(identity, source.facts, pseudonyms, shiftMs),
    size: source.size,
    prepared: source.prepared && withTextWarning(source.prepared, deidentification),
    deidentification,
    requestedDocuments: source.requestedDocuments,
    models: source.models,
    screeningKey: source.screeningKey,
    softwareVersion: source.softwareVersion,
    predecessor: source.predecessor,
    // As much as the study's: the moment of the analysis, often minutes after the study, would tell the shift.
    analysedAt: new Date(source.analysedAt.getTime() - shiftMs),
  }
}

/** What names the study of a file: as `deidentify` names it. */
export function pseudonymousStudy(
  { facts, identity }: Pick<DocumentSource, 'identity'> & { readonly facts: AcquisitionFacts },
  pseudonyms: Pseudonyms,
): { readonly facts: AcquisitionFacts; readonly identity: SourceIdentity | null } {
  const told = factsWithoutIdentity(facts, pseudonyms)
  return { facts: told, identity: identity && pseudonymousIdentity(identity, facts, pseudonyms, 0) }
}

/** The detail of a rejection may quote the data set; its code says what to do. */
const withoutDetail = (finding: Finding): Finding =>
  finding.outcome === 'not-analysed' ? { ...finding, detail: 'left out: de-identified' } : finding

const understood = (stated: string | null): Deidentification['burnedInAnnotation'] =>
  stated === 'YES' || stated === 'NO' ? stated : 'UNKNOWN'

function withTextWarning(prepared: PreparedImage, { burnedInAnnotation }: Deidentification): PreparedImage {
  if (burnedInAnnotation === 'NO') return prepared
  const warning: WarningCode = burnedInAnnotation === 'YES' ? 'burned-in-text' : 'burned-in-text-unknown'
  return { ...prepared, warnings: [...prepared.warnings, warning] }
}

function factsWithoutIdentity(facts: AcquisitionFacts, pseudonyms: Pseudonyms): AcquisitionFacts {
  const uid = (text: string | null) => text && pseudonyms.uid(text)
  const { transferSyntaxUid } = facts
  return {
    format: facts.format,
    transferSyntaxUid: decodedTransferSyntaxes.includes(transferSyntaxUid ?? '') ? transferSyntaxUid : null,
    sopClassUid: knownTerm('SOPClassUID', facts.sopClassUid),
    sopInstanceUid: uid(facts.sopInstanceUid),
    studyInstanceUid: uid(facts.studyInstanceUid),
    seriesInstanceUid: uid(facts.seriesInstanceUid),
    modality: knownTerm('Modality', facts.modality),
    bodyPartExamined: knownTerm('BodyPartExamined', facts.bodyPartExamined),
    viewPosition: knownTerm('ViewPosition', facts.viewPosition),
    patientOrientation: facts.patientOrientation,
    orientationUnusable: facts.orientationUnusable,
    photometricInterpretation: knownTerm('PhotometricInterpretation', facts.photometricInterpretation),
    bitsAllocated: facts.bitsAllocated,
    bitsStored: facts.bitsStored,
    patientAgeYears: null,
    patientSex: null,
    manufacturer: null,
    ...(facts.requestPriority && { requestPriority: facts.requestPriority }),
    pixelSpacing: facts.pixelSpacing,
    rescale: facts.rescale,
  }
}

/** What is not named here is left out: names, dates of birth, sex, age, order, descriptions, issuer, time zone. */
function pseudonymousIdentity(
  identity: SourceIdentity,
  facts: AcquisitionFacts | null,
  pseudonyms: Pseudonyms,
  shiftMs: number,
): SourceIdentity {
  const uid = (text: string | undefined) => (text ? pseudonyms.uid(text) : undefined)
  const patientId = pseudonyms.patientId(identity)
  const accessionNumber = pseudonyms.accessionNumber(identity)
  return withoutUndefined({
    PatientName: patientId === null ? undefined : `${patientId}^Pseudonym`,
    PatientID: patientId ?? undefined,
    AccessionNumber: accessionNumber ?? undefined,
    ...shiftedStudyTime(identity, shiftMs),
    StudyInstanceUID: uid(identity.StudyInstanceUID),
    SeriesInstanceUID: uid(identity.SeriesInstanceUID),
    SOPInstanceUID: uid(identity.SOPInstanceUID),
    SOPClassUID: knownTerm('SOPClassUID', identity.SOPClassUID) ?? undefined,
    Modality: knownTerm('Modality', identity.Modality) ?? undefined,
    BodyPartExamined: knownTerm('BodyPartExamined', identity.BodyPartExamined) ?? undefined,
    PatientOrientation: facts?.patientOrientation?.join('\\'),
    LossyImageCompression: knownTerm('LossyImageCompression', identity.LossyImageCompression) ?? undefined,
    LossyImageCompressionMethod:
      knownTerm('LossyImageCompressionMethod', identity.LossyImageCompressionMethod) ?? undefined,
  })
}

function shiftedStudyTime(identity: SourceIdentity, shiftMs: number): Pick<SourceIdentity, 'StudyDate' | 'StudyTime'> {
  const at = studyTime(identity)
  if (!at) return {}
  const [year, month, day] = [at.date.slice(0, 4), at.date.slice(4, 6), at.date.slice(6)].map(Number)
  // A day without a time counts as its noon.
  const [hours, minutes, seconds] = (at.time ?? '120000').match(/../g)!.map(Number)
  const shifted = new Date(Date.UTC(year, month - 1, day, hours, minutes, seconds) - shiftMs)
  const text = shifted.toISOString().replace(/[-:T]/g, '')
  return { StudyDate: text.slice(0, 8), ...(at.time && { StudyTime: text.slice(8, 14) }) }
}

const withoutUndefined = (identity: { readonly [keyword: string]: string | undefined }): SourceIdentity =>
  Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined))
