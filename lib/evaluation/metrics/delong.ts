import type { Interval } from './interval.ts'
import { newcombeInterval } from './newcombe-interval.ts'
import { normalQuantile, normalTwoSidedP } from './normal-distribution.ts'

export interface DeLongEstimate {
  readonly auc: number
  readonly variance: number
  readonly interval: Interval
}

export interface PairedDeLongTest {
  readonly aucA: number
  readonly aucB: number
  /** A − B. */
  readonly difference: number
  readonly standardError: number
  readonly lower: number
  readonly upper: number
  /** Two-sided; 1 when the two readings rank every pair alike. */
  readonly p: number
}

/** What one positive (or negative) image contributes to the area. */
interface StructuralComponents {
  readonly auc: number
  readonly ofPositives: Float64Array
  readonly ofNegatives: Float64Array
}

/**
 * The area under the ROC curve with DeLong's interval (normal, clipped to [0, 1]). It takes images as independent:
 * with several images of one patient read the bootstrap by patient beside it.
 * Where no pair of images disagrees it knows no variance: there the interval is Newcombe's.
 * @returns null when a class has fewer than two images
 * @see DeLong, DeLong, Clarke-Pearson 1988, Biometrics 44:837; Sun, Xu 2014, IEEE SPL 21:1389
 */
export function delongEstimate(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  level = 0.95,
): DeLongEstimate | null {
  const components = structuralComponents(labels, probabilities)
  if (!components) return null
  const { auc, ofPositives, ofNegatives } = components
  const variance =
    covariance(ofPositives, ofPositives) / ofPositives.length +
    covariance(ofNegatives, ofNegatives) / ofNegatives.length
  if (variance < 1e-30) {
    return { auc, variance: 0, interval: newcombeInterval(auc, ofPositives.length, ofNegatives.length, level) }
  }
  const half = normalQuantile(0.5 + level / 2) * Math.sqrt(variance)
  return {
    auc,
    variance,
    interval: { lower: Math.max(0, auc - half), upper: Math.min(1, auc + half), level, method: 'DeLong' },
  }
}

/** Whether two readings of the same images differ in their areas. @returns null when a class has fewer than two images */
export function pairedDelongTest(
  labels: ArrayLike<number>,
  probabilitiesA: ArrayLike<number>,
  probabilitiesB: ArrayLike<number>,
  level = 0.95,
): PairedDeLongTest | null {
  const a = structuralComponents(labels, probabilitiesA)
  const b = structuralComponents(labels, probabilitiesB)
  if (!a || !b) return null
  const part = (x: Float64Array, y: Float64Array): number =>
    (covariance(x, x) + covariance(y, y) - 2 * covariance(x, y)) / x.length
  const variance = Math.max(0, part(a.ofPositives, b.ofPositives) + part(a.ofNegatives, b.ofNegatives))
  const standardError = variance < 1e-30 ? 0 : Math.sqrt(variance)
  const difference = a.auc - b.auc
  const half = normalQuantile(0.5 + level / 2) * standardError
  return {
    aucA: a.auc,
    aucB: b.auc,
    difference,
    standardError,
    lower: difference - half,
    upper: difference + half,
    p: standardError === 0 ? 1 : normalTwoSidedP(difference / standardError),
  }
}

function structuralComponents(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
): StructuralComponents | null {
  const values = Float64Array.from(probabilities)
  const isPositive = (_: number, image: number): boolean => labels[image] === 1
  const positives = values.filter(isPositive)
  const negatives = values.filter((_, image) => labels[image] !== 1)
  const [m, n] = [positives.length, negatives.length]
  if (m < 2 || n < 2) return null
  const rankAmongAll = midranks(values)
  const rankAmongPositives = midranks(positives)
  const rankAmongNegatives = midranks(negatives)
  const ofPositives = rankAmongAll.filter(isPositive).map((rank, at) => (rank - rankAmongPositives[at]) / n)
  const ofNegatives = rankAmongAll
    .filter((_, image) => labels[image] !== 1)
    .map((rank, at) => 1 - (rank - rankAmongNegatives[at]) / m)
  return { auc: ofPositives.reduce((sum, value) => sum + value, 0) / m, ofPositives, ofNegatives }
}

/** Ranks from 1, ties sharing the mean of theirs. */
export function midranks(values: Float64Array): Float64Array {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a] - values[b])
  const ranks = new Float64Array(values.length)
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && values[order[end]] === values[order[start]]) end++
    for (let place = start; place < end; place++) ranks[order[place]] = (start + end + 1) / 2
    start = end
  }
  return ranks
}

function covariance(x: Float64Array, y: Float64Array): number {
  const meanX = x.reduce((sum, value) => sum + value, 0) / x.length
  const meanY = y.reduce((sum, value) => sum + value, 0) / y.length
  let sum = 0
  for (let at = 0; at < x.length; at++) sum += (x[at] - meanX) * (y[at] - meanY)
  return sum / (x.length - 1)
}
