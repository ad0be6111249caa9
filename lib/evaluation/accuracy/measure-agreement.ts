import type { ImageSize } from '../../screening/kernel/geometry.ts'
import { hausdorffDistance95, type PixelPitch } from '../metrics/hausdorff-distance.ts'
import { detectLesions } from '../metrics/lesion-detection.ts'
import { diceOf, intersectionOverUnionOf, maskOverlapOf } from '../metrics/mask-overlap.ts'
import type { SegmentationAgreement } from './evaluated-image.ts'

/**
 * Compares two masks of one image. Shape: both rows × columns, 0 outside, 1 inside.
 * @param pitchMm distance of the grid's neighbouring pixels; null when unknown
 */
export function measureAgreement(
  reference: Uint8Array,
  predicted: Uint8Array,
  size: ImageSize,
  pitchMm: PixelPitch | null,
): SegmentationAgreement {
  const overlap = maskOverlapOf(reference, predicted)
  const pixels = hausdorffDistance95(reference, predicted, size)
  const hausdorffMm = (): number | null => {
    if (pitchMm === null || pixels === null) return null
    return pitchMm.row === pitchMm.column
      ? pixels * pitchMm.row
      : hausdorffDistance95(reference, predicted, size, pitchMm)
  }
  return {
    referenceAreaFraction: overlap.referenceArea / reference.length,
    dice: diceOf(overlap),
    intersectionOverUnion: intersectionOverUnionOf(overlap),
    hausdorff95Pixels: pixels,
    hausdorff95Mm: hausdorffMm(),
    lesions: detectLesions(reference, predicted, size),
  }
}

/** Both masks empty: perfect agreement, and no pixel needs reading. */
export const emptyAgreement: SegmentationAgreement = {
  referenceAreaFraction: 0,
  dice: 1,
  intersectionOverUnion: 1,
  hausdorff95Pixels: null,
  hausdorff95Mm: null,
  lesions: { referenceLesions: 0, detectedLesions: 0, predictedLesions: 0, falseLesions: 0 },
}
