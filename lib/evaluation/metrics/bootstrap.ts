import type { Interval } from './interval.ts'
import { createSeededRandom } from './seeded-random.ts'

export interface BootstrapPlan {
  /** Images are drawn within each stratum, so every resample has as many of each as the sample. */
  readonly strata: ArrayLike<number>
  /** Images of one patient are drawn together; null when patients are unknown. */
  readonly patients: readonly string[] | null
  readonly resamples: number
  readonly seed: number
  readonly level: number
}

/** What is drawn as one: the positions of a patient's images, or one image. */
type Unit = readonly number[]

/**
 * Percentile interval of a statistic over resamples drawn with replacement. The statistic receives how often each
 * image counts. Resamples in which it is undefined (null) are left out; more than a tenth of them: no interval. Nor when
 * all resamples are alike: that shows how few images there are, not how sure the figure is.
 * With patients known, patients are drawn instead of images, stratified by whether the patient has an image of
 * stratum 1. @see Efron, Tibshirani 1993, ch. 13; Field, Welsh 2007, JRSS B 69:369 (clusters)
 */
export function bootstrapInterval(
  plan: BootstrapPlan,
  statistic: (weights: Uint16Array) => number | null,
): Interval | null {
  const values = bootstrapValues(plan, statistic)
  if (values.length < 0.9 * plan.resamples || values.length === 0) return null
  if (values[0] === values[values.length - 1]) return null
  const tail = (1 - plan.level) / 2
  return {
    lower: quantile(values, tail),
    upper: quantile(values, 1 - tail),
    level: plan.level,
    method: plan.patients ? 'bootstrap by patient' : 'bootstrap',
  }
}

/** The statistic in each resample, ascending. */
export function bootstrapValues(plan: BootstrapPlan, statistic: (weights: Uint16Array) => number | null): Float64Array {
  const random = createSeededRandom(plan.seed)
  const groups = unitsByStratum(plan)
  const weights = new Uint16Array(plan.strata.length)
  const values: number[] = []
  for (let round = 0; round < plan.resamples; round++) {
    weights.fill(0)
    for (const units of groups) {
      for (let draw = 0; draw < units.length; draw++) {
        for (const image of units[Math.floor(random() * units.length)]) weights[image]++
      }
    }
    const value = statistic(weights)
    if (value !== null && Number.isFinite(value)) values.push(value)
  }
  return Float64Array.from(values).sort()
}

function unitsByStratum(plan: BootstrapPlan): Unit[][] {
  const units = new Map<string, number[]>()
  for (let image = 0; image < plan.strata.length; image++) {
    const key = plan.patients?.[image] ?? `image ${image}`
    const unit = units.get(key)
    if (unit) unit.push(image)
    else units.set(key, [image])
  }
  const groups = new Map<number, Unit[]>()
  for (const unit of units.values()) {
    const stratum = Math.max(...unit.map((image) => plan.strata[image]))
    const group = groups.get(stratum)
    if (group) group.push(unit)
    else groups.set(stratum, [unit])
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group)
}

/** Linear between order statistics (type 7, as NumPy's default). Shape: ascending, not empty. */
export function quantile(ascending: ArrayLike<number>, fraction: number): number {
  const position = (ascending.length - 1) * fraction
  const below = Math.floor(position)
  const above = Math.min(ascending.length - 1, below + 1)
  return ascending[below] + (ascending[above] - ascending[below]) * (position - below)
}

/** Mean of values under the weights of a resample. @returns null when no value counts */
export function weightedMean(values: ArrayLike<number>, weights: ArrayLike<number>): number | null {
  let sum = 0
  let total = 0
  for (let at = 0; at < values.length; at++) {
    sum += values[at] * weights[at]
    total += weights[at]
  }
  return total === 0 ? null : sum / total
}
