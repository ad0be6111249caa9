import { type RankedProbabilities, walkRanked } from './ranked-probabilities.ts'
import { countClasses } from './receiver-operating-curve.ts'

export interface PrecisionRecallPoint {
  readonly threshold: number
  readonly recall: number
  readonly precision: number
}

/** One point for each distinct probability, from the highest down. @returns null without a positive image */
export function precisionRecallCurve(ranked: RankedProbabilities): PrecisionRecallPoint[] | null {
  const { positives } = countClasses(ranked)
  if (positives === 0) return null
  const points: PrecisionRecallPoint[] = []
  let found = 0
  let called = 0
  walkRanked(ranked, null, (p, n, threshold) => {
    found += p
    called += p + n
    points.push({ threshold, recall: found / positives, precision: found / called })
  })
  return points
}

/**
 * Average precision: Σ (Rₙ − Rₙ₋₁) Pₙ over the thresholds, without interpolation (as scikit-learn defines it).
 * @returns null without a positive image
 */
export function averagePrecision(ranked: RankedProbabilities, weights: ArrayLike<number> | null = null): number | null {
  let found = 0
  let called = 0
  let sum = 0
  walkRanked(ranked, weights, (p, n) => {
    if (p + n === 0) return
    found += p
    called += p + n
    sum += (p * found) / called
  })
  return found === 0 ? null : sum / found
}
