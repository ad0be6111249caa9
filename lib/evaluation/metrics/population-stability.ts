import { chiSquaredUpperTail } from './chi-squared.ts'
import { type CountedValues, countedOf, quantileOfCounted, type Sample } from './counted-values.ts'

export interface StabilityBin {
  /** Lower edge; the first bin is open below. */
  readonly from: number
  /** Upper edge; the last bin is open above. */
  readonly to: number
  readonly reference: number
  readonly current: number
}

export interface PopulationStability {
  readonly index: number
  /** How often chance alone makes an index this large, given the two sample sizes. */
  readonly p: number
  readonly bins: readonly StabilityBin[]
}

/**
 * The population stability index Σ (q − p) ln(q / p) over bins with equal shares of the reference (fewer where
 * values tie). Half an image is added to every bin, so that an empty one stays finite. Convention: below 0.10
 * stable, above 0.25 changed. Without drift the index is about (1/n + 1/m) χ² with bins − 1 degrees of freedom;
 * small samples therefore need `p` beside the convention. @returns null when a sample is empty
 * @see Yurdakul, Naranjo 2020, Journal of Risk Model Validation 14:4
 */
export function populationStability(
  referenceSample: Sample,
  currentSample: Sample,
  bins = 10,
): PopulationStability | null {
  const [reference, current] = [countedOf(referenceSample), countedOf(currentSample)]
  if (reference.total === 0 || current.total === 0) return null
  const edges = [...new Set(Array.from({ length: bins - 1 }, (_, at) => quantileOfCounted(reference, (at + 1) / bins)))]
  const before = countInto(edges, reference)
  const after = countInto(edges, current)
  const count = before.length
  const index = before.reduce((sum, _, bin) => {
    const p = (before[bin] + 0.5) / (reference.total + 0.5 * count)
    const q = (after[bin] + 0.5) / (current.total + 0.5 * count)
    return sum + (q - p) * Math.log(q / p)
  }, 0)
  return {
    index,
    p: chiSquaredUpperTail(index / (1 / reference.total + 1 / current.total), Math.max(1, count - 1)),
    bins: before.map((inBin, bin) => ({
      from: bin === 0 ? Number.NEGATIVE_INFINITY : edges[bin - 1],
      to: bin === edges.length ? Number.POSITIVE_INFINITY : edges[bin],
      reference: inBin,
      current: after[bin],
    })),
  }
}

/** How many values fall into (−∞, e₀], (e₀, e₁], …, (eₙ, ∞). */
function countInto(edges: readonly number[], { values, counts }: CountedValues): number[] {
  const inBins = new Array<number>(edges.length + 1).fill(0)
  for (let at = 0; at < values.length; at++) {
    const bin = edges.findIndex((edge) => values[at] <= edge)
    inBins[bin === -1 ? edges.length : bin] += counts[at]
  }
  return inBins
}
