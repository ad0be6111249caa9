import { type Code, codes } from '../dicom-object/code.ts'

/** A coded concept of the field, by the names that DICOM and HL7 v2 give the code systems. */
export interface Term {
  readonly value: string
  readonly scheme: Code['scheme'] | 'LN' | 'RADLEX'
  readonly meaning: string
}

const loinc = (value: string, meaning: string): Term => ({ value, scheme: 'LN', meaning })
const sct = (value: string, meaning: string): Term => ({ value, scheme: 'SCT', meaning })

/** What an EHR is told, each in every code system that EHRs know it by. DICOM's own codes are those of our objects. */
export const terms = {
  pneumothorax: [codes.pneumothorax, { value: 'RID5352', scheme: 'RADLEX', meaning: 'pneumothorax' }],
  present: [codes.present, loinc('LA9633-4', 'Present')],
  // DICOM's code for it, 272519000, means 'Absence findings' outside DICOM.
  absent: [sct('2667000', 'Absent'), loinc('LA9634-2', 'Absent')],
  probability: [codes.probability],
  area: [codes.area],
  laterality: [codes.laterality],
  left: [codes.left],
  right: [codes.right],
  both: [sct('51440002', 'Right and left')],
  imagingStudy: [loinc('18748-4', 'Diagnostic imaging study')],
  impression: [loinc('19005-8', 'Radiology Imaging study [Impression] (narrative)')],
  studyInstanceUid: [{ value: '110180', scheme: 'DCM', meaning: 'Study Instance UID' }],
  artificialIntelligence: [codes.artificialIntelligence],
} as const satisfies Record<string, readonly Term[]>
