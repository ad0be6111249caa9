import { declaredOutput, sigmoid } from '../classification/classify.ts'
import type { SegmenterBundle } from '../classification/model-bundle.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import type { InferenceSession } from '../kernel/ports.ts'
import type { Tensor } from '../kernel/tensor.ts'
import { resample } from '../prepared-image/resample.ts'
import { type Turn, turnBack, turnedSize } from '../prepared-image/upright.ts'
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
  session: InferenceSession,
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
 * The probability map on the grid of an image, in its stored orientation: interpolated between pixel centres, so
 * that a boundary lands within half a pixel of where the map puts it.
 * @param stored Size of the image as stored (the source, or the prepared image).
 * @returns Shape: stored.rows × stored.columns.
 */
export function projectProbabilityMap(map: ProbabilityMap, stored: ImageSize, turn: Turn): Float32Array {
  return turnBack(resample(map.probabilities, map, turnedSize(stored, turn)), stored, turn)
}

/** The mask on the grid of an image, in its stored orientation. 1 air, 0 elsewhere. */
export function projectMask(map: ProbabilityMap, stored: ImageSize, turn: Turn): Uint8Array {
  return thresholdMask(projectProbabilityMap(map, stored, turn), map.maskThreshold)
}
