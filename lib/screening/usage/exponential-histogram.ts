/** Neighbouring bins differ by this factor: a quantile is off by less than 1 %. */
const growth = 1.02

/**
 * Quantiles of any number of values in bounded memory: values are counted in bins that grow by a constant factor.
 * Range of the values: 0 and more. Zero has a bin of its own.
 */
export class ExponentialHistogram {
  readonly #counts = new Map<number, number>()
  #count = 0
  #sum = 0
  #maximum = 0

  add(value: number): void {
    const bin = value > 0 ? Math.ceil(Math.log(value) / Math.log(growth)) : Number.NEGATIVE_INFINITY
    this.#counts.set(bin, (this.#counts.get(bin) ?? 0) + 1)
    this.#count++
    this.#sum += value
    this.#maximum = Math.max(this.#maximum, value)
  }

  get count(): number {
    return this.#count
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }

  get maximum(): number {
    return this.#maximum
  }

  /**
   * The smallest value that at least the share `fraction` of all values does not exceed, to within 1 %.
   * @param fraction Range: 0 … 1
   */
  quantile(fraction: number): number {
    const rank = Math.max(1, Math.ceil(fraction * this.#count))
    let counted = 0
    for (const [bin, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      counted += count
      if (counted >= rank) return Math.min(this.#maximum, middleOf(bin))
    }
    return 0
  }
}

/** The value whose relative distance to both ends of a bin is the same. */
const middleOf = (bin: number): number => (growth ** bin * 2) / (1 + growth)
