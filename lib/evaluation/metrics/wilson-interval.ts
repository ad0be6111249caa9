import type { Interval } from './interval.ts'
import { normalQuantile } from './normal-distribution.ts'

/**
 * Wilson's interval for a proportion, without continuity correction: never outside [0, 1], honest at 0 and n.
 * @returns null when there is nothing to divide by
 * @see Wilson 1927, JASA 22:209; Brown, Cai, DasGupta 2001, Statistical Science 16:101
 */
export function wilsonInterval(successes: number, total: number, level = 0.95): Interval | null {
  if (total === 0) return null
  const z = normalQuantile(0.5 + level / 2)
  const p = successes / total
  const denominator = 1 + (z * z) / total
  const centre = (p + (z * z) / (2 * total)) / denominator
  const half = (z / denominator) * Math.sqrt((p * (1 - p)) / total + (z * z) / (4 * total * total))
  return {
    lower: successes === 0 ? 0 : Math.max(0, centre - half),
    upper: successes === total ? 1 : Math.min(1, centre + half),
    level,
    method: 'Wilson',
  }
}
