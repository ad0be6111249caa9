/** A sample as distinct values and how often each occurs: of ten million images it holds no more than its values. */
export interface CountedValues {
  /** Ascending, each once. */
  readonly values: ArrayLike<number>
  /** Shape: as values. */
  readonly counts: ArrayLike<number>
  readonly total: number
}

/** Values one by one, in any order, or counted. */
export type Sample = ArrayLike<number> | CountedValues

const isCounted = (sample: Sample): sample is CountedValues => 'counts' in sample

export const sizeOf = (sample: Sample): number => (isCounted(sample) ? sample.total : sample.length)

export function countedOf(sample: Sample): CountedValues {
  if (isCounted(sample)) return sample
  const ascending = Float64Array.from(sample).sort()
  const values: number[] = []
  const counts: number[] = []
  for (const value of ascending) {
    if (value === values[values.length - 1]) counts[counts.length - 1]++
    else {
      values.push(value)
      counts.push(1)
    }
  }
  return { values, counts, total: ascending.length }
}

/** Linear between order statistics (type 7), as `quantile` of the values one by one. */
export function quantileOfCounted({ values, counts, total }: CountedValues, fraction: number): number {
  const position = (total - 1) * fraction
  const below = Math.floor(position)
  let at = 0
  let seen = counts[0]
  while (seen <= below) seen += counts[++at]
  const above = below + 1 < seen || at + 1 === values.length ? values[at] : values[at + 1]
  return values[at] + (above - values[at]) * (position - below)
}
