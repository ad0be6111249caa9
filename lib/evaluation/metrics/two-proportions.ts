import { normalTwoSidedP } from './normal-distribution.ts'

export interface TwoProportionTest {
  readonly before: number
  readonly after: number
  /** After − before. */
  readonly difference: number
  readonly z: number
  /** Two-sided, pooled variance, no continuity correction. */
  readonly p: number
}

/** Whether a rate changed between two periods. @returns null when a period has no images */
export function twoProportionTest(
  eventsBefore: number,
  totalBefore: number,
  eventsAfter: number,
  totalAfter: number,
): TwoProportionTest | null {
  if (totalBefore === 0 || totalAfter === 0) return null
  const before = eventsBefore / totalBefore
  const after = eventsAfter / totalAfter
  const pooled = (eventsBefore + eventsAfter) / (totalBefore + totalAfter)
  const variance = pooled * (1 - pooled) * (1 / totalBefore + 1 / totalAfter)
  const z = variance === 0 ? 0 : (after - before) / Math.sqrt(variance)
  return { before, after, difference: after - before, z, p: normalTwoSidedP(z) }
}
