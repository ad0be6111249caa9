import type { Interval } from './interval.ts'
import { normalQuantile } from './normal-distribution.ts'

/**
 * Newcombe's interval, shaped like Wilson's, for an area under the ROC curve (his method 5): the areas from which the one seen is
 * not further than chance allows, their variance after Hanley and McNeil. Unlike DeLong's it has a width where every
 * pair is ranked alike, which a handful of images easily are.
 * @see Newcombe 2006, Statistics in Medicine 25:559
 */
export function newcombeInterval(auc: number, positives: number, negatives: number, level = 0.95): Interval {
  const z = normalQuantile(0.5 + level / 2)
  const reach = (area: number): number => z * Math.sqrt(varianceOf(area, positives, negatives))
  return {
    lower: auc === 0 ? 0 : bisect(0, auc, (area) => auc - area > reach(area)),
    upper: auc === 1 ? 1 : bisect(auc, 1, (area) => area - auc <= reach(area)),
    level,
    method: 'Newcombe',
  }
}

function varianceOf(area: number, positives: number, negatives: number): number {
  const weight = (positives + negatives) / 2 - 1
  const bracket = 1 + (weight * (1 - area)) / (2 - area) + (weight * area) / (1 + area)
  return (area * (1 - area) * bracket) / (positives * negatives)
}

/** Where a condition that holds at `from` ceases to hold. */
function bisect(from: number, to: number, holds: (area: number) => boolean): number {
  let [inside, outside] = [from, to]
  for (let round = 0; round < 50; round++) {
    const middle = (inside + outside) / 2
    if (holds(middle)) inside = middle
    else outside = middle
  }
  return (inside + outside) / 2
}
