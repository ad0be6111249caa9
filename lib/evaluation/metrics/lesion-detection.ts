import type { ImageSize } from '../../screening/kernel/geometry.ts'
import { cropMask } from '../../screening/segmentation/bounding-box.ts'
import { labelComponents } from '../../screening/segmentation/connected-components.ts'
import { maskBox } from './mask-box.ts'

/** Regions of air found, missed and invented in one image. */
export interface LesionDetection {
  readonly referenceLesions: number
  readonly detectedLesions: number
  readonly predictedLesions: number
  readonly falseLesions: number
}

/** A lesion counts as touched when at least this fraction of its area is covered by the other mask. */
export const lesionOverlapFraction = 0.1

/**
 * Lesions are 8-connected regions. A reference lesion is detected when the predicted mask covers at least
 * a tenth of it; a predicted region is false when the reference mask covers less than a tenth of it.
 * Shape: both masks rows × columns, 0 outside, 1 inside.
 */
export function detectLesions(reference: Uint8Array, predicted: Uint8Array, size: ImageSize): LesionDetection {
  const box = maskBox([reference, predicted], size)
  if (!box) return { referenceLesions: 0, detectedLesions: 0, predictedLesions: 0, falseLesions: 0 }
  const [a, b] = [cropMask(reference, size, box), cropMask(predicted, size, box)]
  const [referenceLesions, detectedLesions] = countTouched(a, b, box)
  const [predictedLesions, confirmed] = countTouched(b, a, box)
  return { referenceLesions, detectedLesions, predictedLesions, falseLesions: predictedLesions - confirmed }
}

function countTouched(mask: Uint8Array, other: Uint8Array, size: ImageSize): [total: number, touched: number] {
  const { labels, count } = labelComponents(mask, size, 1, 8)
  const area = new Float64Array(count + 1)
  const covered = new Float64Array(count + 1)
  for (let pixel = 0; pixel < labels.length; pixel++) {
    area[labels[pixel]]++
    if (other[pixel] !== 0) covered[labels[pixel]]++
  }
  let touched = 0
  for (let lesion = 1; lesion <= count; lesion++) {
    if (covered[lesion] >= lesionOverlapFraction * area[lesion]) touched++
  }
  return [count, touched]
}
