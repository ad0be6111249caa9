import type { Attributes } from './attributes.ts'

/** Attributes by which a PACS and a worklist know a study: patient, study, order. */
export const identityKeywords = [
  'SpecificCharacterSet',
  'PatientName',
  'PatientID',
  'IssuerOfPatientID',
  'TypeOfPatientID',
  'PatientBirthDate',
  'PatientSex',
  'PatientAge',
  'StudyInstanceUID',
  'StudyID',
  'StudyDate',
  'StudyTime',
  'StudyDescription',
  'AccessionNumber',
  'ReferringPhysicianName',
  'TimezoneOffsetFromUTC',
  'RequestedProcedureID',
  'RequestedProcedureDescription',
  'PlacerOrderNumberImagingServiceRequest',
  'FillerOrderNumberImagingServiceRequest',
  'SOPClassUID',
  'SOPInstanceUID',
  'SeriesInstanceUID',
  'Modality',
  'BodyPartExamined',
  'PatientOrientation',
  'LossyImageCompression',
  'LossyImageCompressionRatio',
  'LossyImageCompressionMethod',
] as const

export type IdentityKeyword = (typeof identityKeywords)[number]

/**
 * What the objects made of a source say of its patient, study and order. Patient data: it belongs in the patient's
 * own objects alone. Each value holds the bytes of the file, one character a byte, without padding: decoding them
 * would lose what other programs join by (a PACS keys a study by the bytes of PatientID). Absent: not in the file.
 */
export type SourceIdentity = { readonly [keyword in IdentityKeyword]?: string }

export function readSourceIdentity(attributes: Attributes): SourceIdentity {
  return Object.fromEntries(
    identityKeywords.flatMap((keyword) => {
      const bytes = attributes.bytes(keyword)
      return bytes === null ? [] : [[keyword, bytes]]
    }),
  )
}
