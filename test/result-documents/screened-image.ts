import type { SuspectedFinding } from '../../lib/screening/finding/finding.ts'
import { measureMask } from '../../lib/screening/finding/measure-mask.ts'
import type { PreparedImage } from '../../lib/screening/prepared-image/prepared-image.ts'
import { noTurn } from '../../lib/screening/prepared-image/upright.ts'
import type { AcquisitionFacts, PixelSpacing } from '../../lib/screening/radiograph/radiograph.ts'
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
}

export const prepared: PreparedImage = {
  ...size,
  pixels: new Uint8Array(size.rows * size.columns),
  source: size,
  greyLevels: { origin: 'window', window: { center: 2048, width: 4096, function: 'LINEAR' } },
  warnings: ['spacing-at-detector'],
}

/** A finding at the image's right half, or one without a region. */
export function suspected(hasAir: boolean): SuspectedFinding {
  const probabilities = new Float32Array(size.rows * size.columns)
  const mask = new Uint8Array(probabilities.length)
  if (hasAir) {
    for (let row = 5; row < 15; row++) {
      for (let column = 40; column < 50; column++) {
        probabilities[row * size.columns + column] = 0.9
        mask[row * size.columns + column] = 1
      }
    }
  }
  return {
    outcome: 'suspected',
    discordant: !hasAir,
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
