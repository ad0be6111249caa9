import type { GreyStatistics } from './file-facts.ts'

export interface ValueStatistics {
  readonly minimum: number
  readonly maximum: number
  readonly mean: number
  readonly standardDeviation: number
}

/** Of all values. Shape: not empty. */
export function valueStatistics(values: ArrayLike<number>): ValueStatistics {
  let minimum = Number.POSITIVE_INFINITY
  let maximum = Number.NEGATIVE_INFINITY
  let sum = 0
  let squares = 0
  for (let at = 0; at < values.length; at++) {
    const value = values[at]
    if (value < minimum) minimum = value
    if (value > maximum) maximum = value
    sum += value
    squares += value * value
  }
  const mean = sum / values.length
  return { minimum, maximum, mean, standardDeviation: Math.sqrt(Math.max(0, squares / values.length - mean * mean)) }
}

/** Of an 8-bit picture. */
export function greyStatistics(pixels: Uint8Array): GreyStatistics {
  const counts = new Float64Array(16)
  for (const value of pixels) counts[value >> 4]++
  const { mean, standardDeviation } = valueStatistics(pixels)
  return {
    mean: round(mean, 2),
    standardDeviation: round(standardDeviation, 2),
    histogram: Array.from(counts, (count) => round(count / pixels.length, 5)),
  }
}

export function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
