import { logGamma } from './gamma-fraction.ts'

export interface McNemarTest {
  /** Images that only A has right. */
  readonly onlyA: number
  /** Images that only B has right. */
  readonly onlyB: number
  /** Exact, two-sided. */
  readonly p: number
}

/** Whether two readings of the same images are right equally often. @see McNemar 1947, Psychometrika 12:153 */
export function mcnemarTest(rightA: ArrayLike<boolean>, rightB: ArrayLike<boolean>): McNemarTest {
  let onlyA = 0
  let onlyB = 0
  for (let image = 0; image < rightA.length; image++) {
    if (rightA[image] && !rightB[image]) onlyA++
    if (rightB[image] && !rightA[image]) onlyB++
  }
  return { onlyA, onlyB, p: signTestP(Math.min(onlyA, onlyB), onlyA + onlyB) }
}

/** Twice P(X ≤ successes) for X of trials fair coins, at most 1. */
function signTestP(successes: number, trials: number): number {
  let tail = 0
  for (let k = 0; k <= successes; k++) {
    tail += Math.exp(logGamma(trials + 1) - logGamma(k + 1) - logGamma(trials - k + 1) - trials * Math.LN2)
  }
  return Math.min(1, 2 * tail)
}
