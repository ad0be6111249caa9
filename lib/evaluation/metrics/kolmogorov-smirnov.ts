import { countedOf, type Sample } from './counted-values.ts'

export interface KolmogorovSmirnovTest {
  /** The largest distance between the two cumulative distributions. Range: [0, 1]. */
  readonly statistic: number
  /** Two-sided, from the limiting distribution: safe from about 40 images in each sample. */
  readonly p: number
}

/** Whether two samples come from one distribution. @returns null when a sample is empty */
export function kolmogorovSmirnov(a: Sample, b: Sample): KolmogorovSmirnovTest | null {
  const [x, y] = [countedOf(a), countedOf(b)]
  if (x.total === 0 || y.total === 0) return null
  let statistic = 0
  let [belowX, belowY] = [0, 0]
  for (let i = 0, j = 0; i < x.values.length && j < y.values.length; ) {
    const value = Math.min(x.values[i], y.values[j])
    if (x.values[i] === value) belowX += x.counts[i++]
    if (y.values[j] === value) belowY += y.counts[j++]
    statistic = Math.max(statistic, Math.abs(belowX / x.total - belowY / y.total))
  }
  return { statistic, p: kolmogorovUpperTail(Math.sqrt((x.total * y.total) / (x.total + y.total)) * statistic) }
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
