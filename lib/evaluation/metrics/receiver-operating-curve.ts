import { type RankedProbabilities, walkRanked } from './ranked-probabilities.ts'

export interface RocPoint {
  /** Suspected when the probability is at least this. */
  readonly threshold: number
  readonly sensitivity: number
  /** 1 − specificity. */
  readonly falsePositiveRate: number
}

/**
 * The points of the ROC curve from (0, 0) to (1, 1), one for each distinct probability.
 * @returns null when only one class is present
 */
export function receiverOperatingCurve(ranked: RankedProbabilities): RocPoint[] | null {
  const { positives, negatives } = countClasses(ranked)
  if (positives === 0 || negatives === 0) return null
  const points: RocPoint[] = [{ threshold: Number.POSITIVE_INFINITY, sensitivity: 0, falsePositiveRate: 0 }]
  let truePositives = 0
  let falsePositives = 0
  walkRanked(ranked, null, (p, n, threshold) => {
    truePositives += p
    falsePositives += n
    points.push({ threshold, sensitivity: truePositives / positives, falsePositiveRate: falsePositives / negatives })
  })
  return points
}

/**
 * The area under the ROC curve: the chance that a positive image has a higher probability than a negative one,
 * ties counting half. @returns null when only one class is present
 * @see Hanley, McNeil 1982, Radiology 143:29
 */
export function areaUnderRoc(ranked: RankedProbabilities, weights: ArrayLike<number> | null = null): number | null {
  let positives = 0
  let negatives = 0
  let wins = 0
  walkRanked(ranked, weights, (p, n) => {
    wins += n * (positives + p / 2)
    positives += p
    negatives += n
  })
  return positives === 0 || negatives === 0 ? null : wins / (positives * negatives)
}

/** The point of the curve with the largest sensitivity + specificity − 1. @see Youden 1950, Cancer 3:32 */
export function youdenPoint(curve: readonly RocPoint[]): RocPoint {
  return curve.reduce((best, point) =>
    point.sensitivity - point.falsePositiveRate > best.sensitivity - best.falsePositiveRate ? point : best,
  )
}

/** The highest threshold whose sensitivity is at least the one asked for. */
export function pointAtSensitivity(curve: readonly RocPoint[], sensitivity: number): RocPoint {
  return curve.find((point) => point.sensitivity >= sensitivity) ?? curve[curve.length - 1]
}

export function countClasses(ranked: RankedProbabilities): { positives: number; negatives: number } {
  const positives = ranked.labels.reduce((sum, label) => sum + label, 0)
  return { positives, negatives: ranked.labels.length - positives }
}
