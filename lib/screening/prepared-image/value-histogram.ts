import type { Radiograph } from '../radiograph/radiograph.ts'

/** How often each value occurs; `counts[i]` is of the value `lowest + i`. */
export interface ValueHistogram {
  readonly lowest: number
  readonly counts: Uint32Array
  /** Number of pixels counted. */
  readonly total: number
}

/** The lowest stored value that BitsStored allows. */
export function lowestStoredValue({ values, facts }: Pick<Radiograph, 'values' | 'facts'>): number {
  const signed = values instanceof Int8Array || values instanceof Int16Array
  return signed ? -(2 ** (facts.bitsStored - 1)) : 0
}

/** Above so many pixels a sample of them tells as much. */
const countInFull = 1_000_000
/** Shares no factor with usual row lengths, so that a sample runs through all columns. */
const sampleStep = 7

/**
 * Of the stored values, padding left out; of a sample where there are many. An image of nothing but padding counts
 * in full.
 */
export function histogramOf(radiograph: Radiograph): ValueHistogram {
  const { values, facts, presentation } = radiograph
  const lowest = lowestStoredValue(radiograph)
  const counts = new Uint32Array(2 ** facts.bitsStored)
  const step = values.length > countInFull ? sampleStep : 1
  for (let pixel = 0; pixel < values.length; pixel += step) counts[values[pixel] - lowest]++
  const counted = Math.ceil(values.length / step)
  const { padding } = presentation
  if (!padding) return { lowest, counts, total: counted }
  const [first, last] = [Math.max(0, padding.low - lowest), Math.min(counts.length - 1, padding.high - lowest)]
  let padded = 0
  for (let index = first; index <= last; index++) padded += counts[index]
  if (padded === counted) return { lowest, counts, total: counted }
  if (padded > 0) counts.fill(0, first, last + 1)
  return { lowest, counts, total: counted - padded }
}

/** What becomes of a histogram when each value is looked up in a table that starts at its lowest. */
export function mapHistogram({ counts, total }: ValueHistogram, table: Uint8Array): ValueHistogram {
  const mapped = new Uint32Array(256)
  for (let index = 0; index < counts.length; index++) mapped[table[index]] += counts[index]
  return { lowest: 0, counts: mapped, total }
}

/** The lowest value that at least `fraction` of the pixels do not exceed. */
export function quantileOf({ lowest, counts, total }: ValueHistogram, fraction: number): number {
  const wanted = Math.max(1, Math.ceil(fraction * total))
  let below = 0
  for (let index = 0; index < counts.length; index++) {
    below += counts[index]
    if (below >= wanted) return lowest + index
  }
  return lowest + counts.length - 1
}
