import { StudyRejectedError } from '../kernel/errors.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import type { AcquisitionFacts } from './radiograph.ts'

/** Which studies are analysed. Plain data: it is part of what decides a result. */
export interface SuitabilityPolicy {
  /** Modalities that are projection radiography; `any` leaves modality and SOP class unjudged, as codec tests need it. */
  readonly modalities: readonly string[] | 'any'
  /** Unit: years. An unknown age passes. */
  readonly minimumAgeYears: number
  /** Of the shorter side. Unit: pixels. */
  readonly minimumSidePixels: number
  readonly maximumPixels: number
  readonly maximumFileBytes: number
  /** Of the longer side to the shorter. */
  readonly maximumAspectRatio: number
}

export const defaultSuitabilityPolicy: SuitabilityPolicy = {
  // Computed Radiography, Digital X-Ray, and what films are digitised as.
  modalities: ['CR', 'DX', 'RG'],
  minimumAgeYears: 12,
  minimumSidePixels: 128,
  maximumPixels: 64_000_000,
  maximumFileBytes: 256 * 1024 * 1024,
  maximumAspectRatio: 3,
}

/** Modalities that name no technique: judged by the SOP class. */
const silentModalities = ['OT', 'SC', '']

const sopClasses = [
  '1.2.840.10008.5.1.4.1.1.1', // Computed Radiography Image Storage
  '1.2.840.10008.5.1.4.1.1.1.1', // Digital X-Ray Image Storage - For Presentation
  '1.2.840.10008.5.1.4.1.1.1.1.1', // Digital X-Ray Image Storage - For Processing
  '1.2.840.10008.5.1.4.1.1.7', // Secondary Capture Image Storage
  '1.2.840.10008.5.1.4.1.1.7.2', // Multi-frame Grayscale Byte Secondary Capture (one frame of it)
  '1.2.840.10008.5.1.4.1.1.7.3', // Multi-frame Grayscale Word Secondary Capture
]

const chestParts = /CHEST|THORAX|LUNG|RIB|PORT|TORAX|TORSO|BODY|TRUNK|CLAVICLE|STERNUM/
const lateralViews = ['LL', 'RL', 'LLD', 'RLD', 'LATERAL', 'LAT', 'LEFT LATERAL', 'RIGHT LATERAL', 'LLO', 'RLO']
/** SNOMED CT and SNOMED-RT codes of lateral projections. @see DICOM PS3.16 CID 4010 */
const lateralViewCodes = ['R-102CD', 'R-10232', 'R-10236', '399067008', '399198007', '399173006']

/**
 * Judges by what the data set says, before a pixel is decoded.
 * @throws {StudyRejectedError} wrong-modality, wrong-body-part, lateral-view, paediatric
 */
export function assertSuitableFacts(facts: AcquisitionFacts, viewCode: string | null, policy: SuitabilityPolicy): void {
  if (policy.modalities !== 'any') assertModality(facts, policy.modalities)
  if (facts.bodyPartExamined && !chestParts.test(facts.bodyPartExamined.toUpperCase())) {
    throw new StudyRejectedError('wrong-body-part', `body part examined ${quote(facts.bodyPartExamined)}`)
  }
  const view = facts.viewPosition?.toUpperCase() ?? ''
  if (lateralViews.includes(view)) throw new StudyRejectedError('lateral-view', `view position ${quote(view)}`)
  if (viewCode && lateralViewCodes.includes(viewCode))
    throw new StudyRejectedError('lateral-view', `view code ${viewCode}`)
  if (facts.patientOrientation && /^[AP]/.test(facts.patientOrientation[0])) {
    throw new StudyRejectedError('lateral-view', 'the rows of PatientOrientation run front to back')
  }
  if (facts.patientAgeYears !== null && facts.patientAgeYears < policy.minimumAgeYears) {
    throw new StudyRejectedError('paediatric', `age below ${policy.minimumAgeYears} years`)
  }
}

function assertModality(facts: AcquisitionFacts, modalities: readonly string[]): void {
  const modality = facts.modality?.toUpperCase() ?? ''
  const isKnownClass = facts.sopClassUid !== null && sopClasses.includes(facts.sopClassUid)
  if (!modalities.includes(modality) && !(silentModalities.includes(modality) && isKnownClass)) {
    throw new StudyRejectedError('wrong-modality', `modality ${quote(modality)}`)
  }
  if (facts.sopClassUid !== null && !isKnownClass) {
    throw new StudyRejectedError('wrong-modality', 'the SOP class is not that of a projection radiograph')
  }
}

/** @throws {StudyRejectedError} too-small, too-large, not-a-frontal-chest */
export function assertSuitableSize({ rows, columns }: ImageSize, policy: SuitabilityPolicy): void {
  const detail = `${rows} rows × ${columns} columns`
  if (rows * columns > policy.maximumPixels) throw new StudyRejectedError('too-large', detail)
  const shorter = Math.min(rows, columns)
  if (shorter < policy.minimumSidePixels) throw new StudyRejectedError('too-small', detail)
  if (Math.max(rows, columns) / shorter > policy.maximumAspectRatio) {
    throw new StudyRejectedError('not-a-frontal-chest', `${detail}: too long and narrow for a frontal chest`)
  }
}

/** Defined terms only go into our messages; free text from a file might name a patient. */
const quote = (term: string): string => (/^[A-Z _]{1,16}$/.test(term) ? `'${term}'` : 'not a defined term')
