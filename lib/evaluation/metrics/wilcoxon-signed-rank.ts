import { midranks } from './delong.ts'
import { normalTwoSidedP } from './normal-distribution.ts'

export interface WilcoxonTest {
  /** Pairs that differ; equal pairs are left out. */
  readonly pairs: number
  /** The smaller of the two rank sums. */
  readonly statistic: number
  /** Two-sided, normal approximation with tie correction, no continuity correction. */
  readonly p: number
}

/**
 * Whether paired values differ in location. @returns null when fewer than two pairs differ
 * @see Wilcoxon 1945, Biometrics Bulletin 1:80
 */
export function wilcoxonSignedRank(a: ArrayLike<number>, b: ArrayLike<number>): WilcoxonTest | null {
  const differences = Float64Array.from(a, (value, at) => value - b[at]).filter((difference) => difference !== 0)
  const pairs = differences.length
  if (pairs < 2) return null
  const sizes = differences.map(Math.abs)
  const ranks = midranks(sizes)
  const positiveSum = ranks.reduce((sum, rank, at) => (differences[at] > 0 ? sum + rank : sum), 0)
  const negativeSum = (pairs * (pairs + 1)) / 2 - positiveSum
  const mean = (pairs * (pairs + 1)) / 4
  const variance = (pairs * (pairs + 1) * (2 * pairs + 1)) / 24 - tieTerm(sizes) / 48
  const statistic = Math.min(positiveSum, negativeSum)
  return { pairs, statistic, p: normalTwoSidedP((statistic - mean) / Math.sqrt(variance)) }
}

/** Σ (t³ − t) over groups of equal values. */
function tieTerm(values: Float64Array): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts.values()].reduce((sum, t) => sum + t ** 3 - t, 0)
}
