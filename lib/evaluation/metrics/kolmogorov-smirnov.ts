export interface KolmogorovSmirnovTest {
  /** The largest distance between the two cumulative distributions. Range: [0, 1]. */
  readonly statistic: number
  /** Two-sided, from the limiting distribution: safe from about 40 images in each sample. */
  readonly p: number
}

/** Whether two samples come from one distribution. @returns null when a sample is empty */
export function kolmogorovSmirnov(a: ArrayLike<number>, b: ArrayLike<number>): KolmogorovSmirnovTest | null {
  if (a.length === 0 || b.length === 0) return null
  const x = Float64Array.from(a).sort()
  const y = Float64Array.from(b).sort()
  let statistic = 0
  for (let i = 0, j = 0; i < x.length && j < y.length; ) {
    const value = Math.min(x[i], y[j])
    while (i < x.length && x[i] === value) i++
    while (j < y.length && y[j] === value) j++
    statistic = Math.max(statistic, Math.abs(i / x.length - j / y.length))
  }
  return { statistic, p: kolmogorovUpperTail(Math.sqrt((x.length * y.length) / (x.length + y.length)) * statistic) }
}

/** P(K ≥ x) of Kolmogorov's limiting distribution. @see Kolmogorov 1933; Marsaglia, Tsang, Wang 2003 */
export function kolmogorovUpperTail(x: number): number {
  if (x <= 0) return 1
  if (x < 1) {
    let sum = 0
    for (let k = 1; k < 40; k += 2) sum += Math.exp(-(k * k * Math.PI * Math.PI) / (8 * x * x))
    return Math.min(1, Math.max(0, 1 - (Math.sqrt(2 * Math.PI) / x) * sum))
  }
  let sum = 0
  for (let k = 1; k < 40; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x)
  return sum
}
