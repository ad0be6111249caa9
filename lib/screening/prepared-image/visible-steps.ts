import { mapHistogram, quantileOf, tailShare, type ValueHistogram } from './value-histogram.ts'

/** Width of a grey step, in levels of 256: finer differences are noise, and a picture of 5 bits has no more steps. */
const levelsPerStep = 8

/** 2 to the entropy: how many equally frequent values would hold as much information. */
export function perplexityOf({ counts, total }: ValueHistogram): number {
  let bits = 0
  for (let index = 0; index < counts.length; index++) {
    const share = counts[index] / total
    if (share > 0) bits -= share * Math.log2(share)
  }
  return 2 ** bits
}

/** How many steps of grey a rendering tells apart. Range: 1–32. */
export function visibleStepsOf(histogram: ValueHistogram, table: Uint8Array): number {
  return perplexityOf(
    mapHistogram(
      histogram,
      table.map((grey) => Math.floor(grey / levelsPerStep)),
    ),
  )
}

/** The share of the picture that one table makes all black or all white and the other does not. */
export function clippedShareOf({ counts, total }: ValueHistogram, table: Uint8Array, other: Uint8Array): number {
  const isEnd = (grey: number): boolean => grey === 0 || grey === 255
  let clipped = 0
  for (let index = 0; index < counts.length; index++) {
    if (isEnd(table[index]) && !isEnd(other[index])) clipped += counts[index]
  }
  return clipped / total
}

/**
 * Whether a table rises, or falls, nearly throughout the picture's values: its net change is at least half of its total
 * variation. Any other shows contours that are not there (entries damaged, or in the wrong byte order).
 */
export function isNearlyMonotonic(histogram: ValueHistogram, table: Uint8Array): boolean {
  const { lowest } = histogram
  const first = quantileOf(histogram, tailShare) - lowest
  const last = quantileOf(histogram, 1 - tailShare) - lowest
  let path = 0
  for (let index = first; index < last; index++) path += Math.abs(table[index + 1] - table[index])
  return 2 * Math.abs(table[last] - table[first]) >= path
}

/** Least ratio of the pixels at which two tables run opposite ways to those at which they run the same way. */
const minimumOpposedRatio = 2

/**
 * Whether a table falls where another one rises, or rises where it falls, over most of the picture. A damaged table
 * that rises and drops to 0 half-way counts as rising.
 * @param other Monotonic.
 */
export function isOpposed({ counts }: ValueHistogram, table: Uint8Array, other: Uint8Array): boolean {
  const way = Math.sign(other[other.length - 1] - other[0])
  let [along, against] = [0, 0]
  for (let index = 0; index + 1 < counts.length; index++) {
    const step = way * (table[index + 1] - table[index])
    if (step > 0) along += counts[index]
    else if (step < 0) against += counts[index]
  }
  return against > minimumOpposedRatio * along
}
