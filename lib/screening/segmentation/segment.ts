import { declaredOutput, sigmoid } from '../classification/classify.ts'
import type { SegmenterBundle } from '../classification/model-bundle.ts'
import type { BoundingBox, ImageSize } from '../kernel/geometry.ts'
import type { InferenceSession } from '../kernel/ports.ts'
import type { Tensor } from '../kernel/tensor.ts'
import { resampleRows } from '../prepared-image/resample.ts'
import { type Turn, turnBack, turnedSize } from '../prepared-image/upright.ts'
import { boundingBoxOf } from './bounding-box.ts'
import { cleanProbabilityMap, thresholdMask } from './clean-probability-map.ts'

/** Where the segmenter sees air, on the grid of its output, post-processed. */
export interface ProbabilityMap extends ImageSize {
  /** Range: 0–1. Shape: rows × columns, upright (head up, patient's left on the right). */
  readonly probabilities: Float32Array
  /** A pixel belongs to the mask when its probability is at least this. */
  readonly maskThreshold: number
}

/** @throws {Error} when the network's output is not what its bundle declares: a defect, never a finding */
export async function segment(
  session: Pick<InferenceSession, 'run'>,
  bundle: SegmenterBundle,
  tensor: Tensor,
): Promise<ProbabilityMap> {
  const { name, rows, columns } = bundle.output.probabilityMap
  const logits = declaredOutput(await session.run(tensor), name, rows * columns, bundle.id).data
  const probabilities = Float32Array.from(logits, sigmoid)
  if (probabilities.some(Number.isNaN)) throw new Error(`${bundle.id}: output '${name}' holds NaN`)
  return {
    rows,
    columns,
    probabilities: cleanProbabilityMap(probabilities, { rows, columns }, bundle.postprocessing),
    maskThreshold: bundle.postprocessing.maskThreshold,
  }
}

/**
 * The mask on the grid of an image, in its stored orientation: the map interpolated between pixel centres, then
 * thresholded, so that a boundary lands within half a pixel of where the map puts it. 1 air, 0 elsewhere.
 * @param stored Size of the image as stored (the source, or the prepared image).
 * @returns Shape: stored.rows × stored.columns.
 */
export function projectMask(map: ProbabilityMap, stored: ImageSize, turn: Turn): Uint8Array {
  const upright = turnedSize(stored, turn)
  const mask = new Uint8Array(stored.rows * stored.columns)
  const support = supportOf(map, upright)
  if (!support) return mask
  const limit = Math.fround(map.maskThreshold)
  resampleRows(map.probabilities, map, upright, support, (line, row) => {
    const start = (support.row + row) * upright.columns + support.column
    for (let column = 0; column < line.length; column++) if (line[column] >= limit) mask[start + column] = 1
  })
  return turnBack(mask, stored, turn)
}

/**
 * The only part of an image where the interpolated map can reach the threshold: around the grid points that reach it,
 * and one grid cell beyond. Null when no grid point does.
 */
function supportOf(map: ProbabilityMap, image: ImageSize): BoundingBox | null {
  const mask = thresholdMask(map.probabilities, map.maskThreshold)
  const box = boundingBoxOf(mask, map)
  if (!box) return null
  const [row, endRow] = stretch(box.row, box.rows, map.rows, image.rows)
  const [column, endColumn] = stretch(box.column, box.columns, map.columns, image.columns)
  return { row, column, rows: endRow - row, columns: endColumn - column }
}

/** The image pixels that a range of grid points covers, with one cell more on either side. */
function stretch(first: number, count: number, gridLength: number, imageLength: number): [number, number] {
  const scale = imageLength / gridLength
  const begin = Math.max(0, Math.floor((first - 1) * scale))
  return [begin, Math.min(imageLength, Math.ceil((first + count + 1) * scale))]
}
