import { StudyRejectedError } from '../kernel/errors.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import type { AcquisitionFacts } from './radiograph.ts'

/** Which studies are analysed. Plain data: it is part of what decides a result. */
export interface SuitabilityPolicy {
  /** Modalities that are projection radiography; `any` leaves modality and SOP class unjudged, as tests of codecs need it. */
  readonly modalities: readonly string[] | 'any'
  /** `any` leaves body part and view unjudged. */
  readonly bodyPart: 'chest' | 'any'
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
  bodyPart: 'chest',
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

/** Bedside and trauma terms included: they stand for chests in practice, and other parts name themselves. */
const chestParts = /CHEST|THORAX|TORAX|THORACIC|LUNG|RIBS?\b|CLAVICLE|STERNUM|TORSO|TRUNK|PORT|^BODY$|WHOLEBODY/
/** Abdomen, spine and the like, even where they say that they are portable or of the ribs. */
const otherParts = /ABD|SPINE|PELVIS|HIP|SHOULDER|ARM|HAND|LEG|KNEE|FOOT|ANKLE|SKULL|HEAD|NECK/

/** Obliques and decubitus views count: the models know upright and supine frontal views only. @see DICOM PS3.3 C.8.1.3 */
const lateralViews = /^(LL|RL|LLD|RLD|LLO|RLO)$|LAT|OBL|DECUB/
/** Lateral, oblique and sagittal views of PS3.16 CID 4010, as SNOMED CT and as SNOMED-RT identifiers. */
const lateralViewCodes = [
  ...['399067008', 'R-102CD', '399173006', 'R-10236', '399198007', 'R-10232'], // lateral, left, right
  ...['399182000', 'R-102C1', '399184004', 'R-10238', '399236003', 'R-10234'], // oblique, left, right
  ...['399135007', 'R-10220', '399356000', 'R-40985'], // anterior oblique, left, right
  ...['399006002', 'R-10212', '399038007', 'R-10210'], // posterior oblique, left, right
  ...['260427002', 'R-40783', '260426006', 'R-40782'], // lateral oblique, medial oblique
  ...['30730003', 'G-A145'], // sagittal
]

/**
 * Judges by what the data set says, before a pixel is decoded.
 * @throws {StudyRejectedError} wrong-modality, wrong-body-part, lateral-view, paediatric
 */
export function assertSuitableFacts(facts: AcquisitionFacts, viewCode: string | null, policy: SuitabilityPolicy): void {
  if (policy.modalities !== 'any') assertModality(facts, policy.modalities)
  if (policy.bodyPart !== 'any') {
    assertChest(facts)
    assertFrontal(facts, viewCode)
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

function assertChest({ bodyPartExamined }: AcquisitionFacts): void {
  const part = bodyPartExamined?.toUpperCase().trim()
  if (!part || (chestParts.test(part) && (/CHEST|THORAX/.test(part) || !otherParts.test(part)))) return
  throw new StudyRejectedError('wrong-body-part', `body part examined ${quote(part)}`)
}

function assertFrontal({ viewPosition, patientOrientation }: AcquisitionFacts, viewCode: string | null): void {
  const view = viewPosition?.toUpperCase() ?? ''
  if (lateralViews.test(view)) throw new StudyRejectedError('lateral-view', `view position ${quote(view)}`)
  if (viewCode && lateralViewCodes.includes(viewCode)) {
    throw new StudyRejectedError('lateral-view', `view code ${viewCode}`)
  }
  if (patientOrientation?.some((direction) => /^[AP]/.test(direction))) {
    throw new StudyRejectedError('lateral-view', 'PatientOrientation runs front to back')
  }
}

/** @throws {StudyRejectedError} too-large */
export function assertNotTooLarge({ rows, columns }: ImageSize, { maximumPixels }: SuitabilityPolicy): void {
  if (rows * columns > maximumPixels) {
    throw new StudyRejectedError('too-large', `${rows} rows × ${columns} columns, the limit is ${maximumPixels} pixels`)
  }
}

/** @throws {StudyRejectedError} too-small, not-a-frontal-chest */
export function assertSuitableSize({ rows, columns }: ImageSize, policy: SuitabilityPolicy): void {
  const detail = `${rows} rows × ${columns} columns`
  const shorter = Math.min(rows, columns)
  if (shorter < policy.minimumSidePixels) throw new StudyRejectedError('too-small', detail)
  if (Math.max(rows, columns) / shorter > policy.maximumAspectRatio) {
    throw new StudyRejectedError('not-a-frontal-chest', `${detail}: too long and narrow for a frontal chest`)
  }
}

/** Defined terms only go into our messages; free text from a file might name a patient. */
const quote = (term: string): string => (/^[A-Z _]{1,16}$/.test(term) ? `'${term}'` : 'not a defined term')
