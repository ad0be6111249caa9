import type { DelineatedFinding } from '../../lib/screening/finding/finding.ts'
import { measureMask } from '../../lib/screening/finding/measure-mask.ts'
import { documentKinds } from '../../lib/screening/kernel/document-kinds.ts'
import type { PreparedImage } from '../../lib/screening/prepared-image/prepared-image.ts'
import { noTurn } from '../../lib/screening/prepared-image/upright.ts'
import type { AcquisitionFacts, PixelSpacing } from '../../lib/screening/radiograph/radiograph.ts'
import type { SourceIdentity } from '../../lib/screening/radiograph/source-identity.ts'
import type { DocumentSource } from '../../lib/screening/result-documents/document-type.ts'
import { classifierBundle } from '../classification/bundles.ts'

export const size = { rows: 40, columns: 60 }
export const spacing: PixelSpacing = { rowMm: 0.5, columnMm: 0.5, origin: 'ImagerPixelSpacing' }

export const facts: AcquisitionFacts = {
  format: 'dicom',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.1.1',
  sopInstanceUid: '2.25.1',
  studyInstanceUid: '2.25.2',
  seriesInstanceUid: null,
  modality: 'DX',
  bodyPartExamined: 'CHEST',
  viewPosition: 'PA',
  patientOrientation: ['L', 'F'],
  orientationUnusable: false,
  photometricInterpretation: 'MONOCHROME2',
  bitsAllocated: 16,
  bitsStored: 12,
  patientAgeYears: 64,
  patientSex: 'F',
  manufacturer: 'Pleura',
  pixelSpacing: spacing,
  rescale: { slope: 1, intercept: 0 },
}

export const prepared: PreparedImage = {
  ...size,
  pixels: new Uint8Array(size.rows * size.columns),
  source: size,
  greyLevels: { origin: 'window', window: { center: 2048, width: 4096, function: 'LINEAR' } },
  warnings: ['spacing-at-detector'],
}

/** A finding at the image's right half, or one without a region. */
export const suspected = (hasAir: boolean): DelineatedFinding =>
  findingOf(hasAir ? [{ row: 5, column: 40, side: 10 }] : [])

/** The larger one at the image's right half, which is the patient's left. */
export const suspectedOnBothSides = (): DelineatedFinding =>
  findingOf([
    { row: 5, column: 40, side: 10 },
    { row: 20, column: 5, side: 8 },
  ])

/** Squares of air. */
function findingOf(regions: readonly { row: number; column: number; side: number }[]): DelineatedFinding {
  const probabilities = new Float32Array(size.rows * size.columns)
  const mask = new Uint8Array(probabilities.length)
  for (const { row, column, side } of regions) {
    for (let y = row; y < row + side; y++) {
      probabilities.fill(0.9, y * size.columns + column, y * size.columns + column + side)
      mask.fill(1, y * size.columns + column, y * size.columns + column + side)
    }
  }
  return {
    outcome: 'suspected',
    discordant: regions.length === 0,
    classification: {
      probability: 0.8,
      operatingPoint: classifierBundle.operatingPoints[0],
      positive: true,
      classActivationMap: null,
    },
    delineation: {
      probabilityMap: { ...size, probabilities, maskThreshold: 0.5 },
      mask,
      ...measureMask(mask, size, noTurn, spacing),
    },
  }
}

/** As an EHR's modality worklist fills it in; the name in Shift JIS, one character a byte. */
export const identity: SourceIdentity = {
  SpecificCharacterSet: 'ISO 2022 IR 13\\ISO 2022 IR 87',
  PatientName: '\xd4\xcf\xc0\xde^\xc0\xdb\xb3',
  PatientID: 'P-1 \xb1',
  PatientBirthDate: '19600101',
  PatientSex: 'F',
  PatientAge: '64',
  StudyInstanceUID: '2.25.2',
  SeriesInstanceUID: '2.25.3',
  SOPInstanceUID: '2.25.1',
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.1.1',
  StudyID: 'S1',
  StudyDate: '20260102',
  StudyTime: '030405',
  AccessionNumber: 'A1',
  RequestedProcedureID: 'R1',
  BodyPartExamined: 'CHEST',
  PatientOrientation: 'L\\F',
}

export const source: Omit<DocumentSource, 'finding'> = {
  imageId: '0'.repeat(32),
  sizeBytes: 1000,
  facts,
  identity,
  size,
  prepared,
  deidentification: null,
  predecessor: null,
  models: [
    { task: 'classification', id: 'test-classifier', version: '1', sha256: 'a'.repeat(64) },
    { task: 'segmentation', id: 'test-segmenter', version: '2', sha256: 'c'.repeat(64) },
  ],
  requestedDocuments: documentKinds,
  screeningKey: 'b'.repeat(64),
  softwareVersion: '0.2.0',
  analysedAt: new Date('2026-01-02T03:04:05Z'),
}
