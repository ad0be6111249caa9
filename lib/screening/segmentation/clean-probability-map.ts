import type { SegmenterBundle } from '../classification/model-bundle.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import { labelComponents } from './connected-components.ts'

/**
 * Filled holes are set this far above the threshold, so that rounding in a later interpolation does not fall below it.
 */
const holeMargin = 1e-4

export type Postprocessing = SegmenterBundle['postprocessing']

/**
 * Applies the bundle's post-processing on the output grid: components (8-connected) of pixels at or above
 * maskThreshold stay when at least minimumAreaPixels of their pixels reach topThreshold, the others become 0;
 * enclosed holes (4-connected) of at most maximumHoleAreaPixels rise just above maskThreshold.
 * Shape: rows × columns in and out; the input stays as it is.
 */
export function cleanProbabilityMap(map: Float32Array, size: ImageSize, rules: Postprocessing): Float32Array {
  const cleaned = Float32Array.from(map)
  removeWeakComponents(cleaned, size, rules)
  fillHoles(cleaned, size, rules)
  return cleaned
}

/** 1 where the map reaches the threshold, 0 elsewhere. */
export function thresholdMask(map: Float32Array, threshold: number): Uint8Array {
  const mask = new Uint8Array(map.length)
  const limit = Math.fround(threshold)
  for (let pixel = 0; pixel < map.length; pixel++) if (map[pixel] >= limit) mask[pixel] = 1
  return mask
}

function removeWeakComponents(map: Float32Array, size: ImageSize, rules: Postprocessing): void {
  const { labels, count } = labelComponents(thresholdMask(map, rules.maskThreshold), size, 1, 8)
  const strongPixels = new Int32Array(count + 1)
  const top = Math.fround(rules.topThreshold)
  for (let pixel = 0; pixel < map.length; pixel++) {
    if (labels[pixel] > 0 && map[pixel] >= top) strongPixels[labels[pixel]]++
  }
  for (let pixel = 0; pixel < map.length; pixel++) {
    if (labels[pixel] > 0 && strongPixels[labels[pixel]] < rules.minimumAreaPixels) map[pixel] = 0
  }
}

function fillHoles(map: Float32Array, size: ImageSize, rules: Postprocessing): void {
  const { rows, columns } = size
  const { labels, count } = labelComponents(thresholdMask(map, rules.maskThreshold), size, 0, 4)
  const area = new Int32Array(count + 1)
  const touchesBorder = new Uint8Array(count + 1)
  for (let pixel = 0; pixel < map.length; pixel++) {
    const row = Math.floor(pixel / columns)
    const column = pixel - row * columns
    area[labels[pixel]]++
    if (row === 0 || column === 0 || row === rows - 1 || column === columns - 1) touchesBorder[labels[pixel]] = 1
  }
  for (let pixel = 0; pixel < map.length; pixel++) {
    const label = labels[pixel]
    if (label > 0 && !touchesBorder[label] && area[label] <= rules.maximumHoleAreaPixels) {
      map[pixel] = Math.min(1, rules.maskThreshold + holeMargin)
    }
  }
}
