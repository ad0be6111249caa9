import { StudyRejectedError } from '../kernel/errors.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import { otherDerivationCodes } from './anatomy-and-view-codes.ts'
import { assertChest, quoteTerm } from './assert-chest.ts'
import { assertFrontal } from './assert-frontal.ts'
import type { AcquisitionFacts } from './radiograph.ts'
import { otherModalities, terms } from './radiograph-terms.ts'
import type { Statements } from './statements.ts'

/** Which studies are analysed. Plain data, since it goes into the preparation key. */
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
  // Computed Radiography, Digital Radiography, and Radiographic Imaging, as which films are digitised.
  modalities: ['CR', 'DX', 'RG'],
  bodyPart: 'chest',
  minimumAgeYears: 12,
  minimumSidePixels: 128,
  maximumPixels: 64_000_000,
  maximumFileBytes: 256 * 1024 * 1024,
  maximumAspectRatio: 3,
}

/** What radiographs are stored as. */
export const radiographSopClasses: readonly string[] = [
  '1.2.840.10008.5.1.4.1.1.1', // Computed Radiography Image Storage
  '1.2.840.10008.5.1.4.1.1.1.1', // Digital X-Ray Image Storage - For Presentation
  '1.2.840.10008.5.1.4.1.1.1.1.1', // Digital X-Ray Image Storage - For Processing
  '1.2.840.10008.5.1.4.1.1.7', // Secondary Capture Image Storage
  '1.2.840.10008.5.1.4.1.1.7.2', // Multi-frame Grayscale Byte Secondary Capture (one frame of it)
  '1.2.840.10008.5.1.4.1.1.7.3', // Multi-frame Grayscale Word Secondary Capture
  '1.2.392.200036.9125.1.1.2', // Fujifilm's private Computed Radiography
]

/**
 * Judges by what the data set says, before a pixel is decoded.
 * @returns warnings: view-contradicted, view-unclear
 * @throws {StudyRejectedError} wrong-modality, not-a-frontal-chest, wrong-body-part, lateral-view, processed-image, paediatric
 */
export function assertSuitableFacts(
  facts: AcquisitionFacts,
  statements: Statements,
  policy: SuitabilityPolicy,
): WarningCode[] {
  if (policy.modalities !== 'any') assertModality(facts, policy.modalities)
  const warnings: WarningCode[] = []
  if (policy.bodyPart !== 'any') {
    if (statements.isOfNoPatient) {
      throw new StudyRejectedError('not-a-frontal-chest', 'of an animal, or a test of the machine')
    }
    assertChest(facts.bodyPartExamined, statements)
    warnings.push(...assertFrontal(facts, statements))
    assertRadiographItself(statements)
  }
  assertAdult(facts, statements, policy)
  return warnings
}

/** Judges by the age; if that is not known, by the descriptions. */
function assertAdult(facts: AcquisitionFacts, statements: Statements, { minimumAgeYears }: SuitabilityPolicy): void {
  const { patientAgeYears, bodyPartExamined } = facts
  if (patientAgeYears !== null && patientAgeYears < minimumAgeYears) {
    throw new StudyRejectedError('paediatric', `age below ${minimumAgeYears} years`)
  }
  const { descriptions, studyDescription } = statements
  const said = [bodyPartExamined, ...descriptions, studyDescription].filter((text) => text !== null).join(' | ')
  if (patientAgeYears === null && minimumAgeYears > 0 && terms.child.isIn(said)) {
    throw new StudyRejectedError('paediatric', 'the age is not known, and the description is that of a child')
  }
}

/** A modality that names no other technique (OT, SC, DR, none) is judged by the SOP class. */
function assertModality(facts: AcquisitionFacts, modalities: readonly string[]): void {
  const modality = facts.modality?.toUpperCase() ?? ''
  const isKnownClass = facts.sopClassUid !== null && radiographSopClasses.includes(facts.sopClassUid)
  if (!modalities.includes(modality) && (otherModalities.has(modality) || !isKnownClass)) {
    throw new StudyRejectedError('wrong-modality', `modality ${quoteTerm(modality)}`)
  }
  if (facts.sopClassUid !== null && !isKnownClass) {
    throw new StudyRejectedError('wrong-modality', 'the SOP class is not that of a projection radiograph')
  }
}

/** Bones taken out, energies subtracted, marks of a computer put in: not what the models have learnt. */
function assertRadiographItself(statements: Statements): void {
  const { imageType, seriesDescription, derivationDescription, derivations } = statements
  const isDerived =
    terms.derivedImageTypes.isIn(imageType ?? '') ||
    terms.derivedSeries.isIn(seriesDescription ?? '') ||
    [derivationDescription, ...derivations.map(({ meaning }) => meaning)].some((text) =>
      terms.derivations.isIn(text ?? ''),
    ) ||
    derivations.some(({ code }) => otherDerivationCodes.has(code ?? ''))
  if (isDerived) {
    throw new StudyRejectedError('processed-image', 'bone-suppressed, dual-energy, subtracted or marked by a computer')
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
