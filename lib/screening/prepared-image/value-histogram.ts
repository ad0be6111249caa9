import type { Radiograph } from '../radiograph/radiograph.ts'
import { signDrop, wordsOf } from '../radiograph/stored-values.ts'

/** How often each value occurs: `counts[i]` times the value `lowest + i`. */
export interface ValueHistogram {
  readonly lowest: number
  readonly counts: Uint32Array
  /** Number of pixels counted. */
  readonly total: number
}

/** The share of pixels at each end that does not count as the image's range: markers, collimator edges, dead pixels. */
export const tailShare = 0.005

/** The lowest stored value that BitsStored allows. */
export function lowestStoredValue({ values, facts }: Pick<Radiograph, 'values' | 'facts'>): number {
  const signed = values instanceof Int8Array || values instanceof Int16Array
  return signed ? -(2 ** (facts.bitsStored - 1)) : 0
}

/** Images of more pixels than this are sampled. */
const countInFull = 1_000_000
/** A prime, which few row lengths are a multiple of: the sample then takes in all columns. */
const sampleStep = 7

/**
 * The histogram of the stored values without padding, or of a sample of them. Where all of them are padding, padding
 * counts too.
 */
export function histogramOf(radiograph: Radiograph): ValueHistogram {
  const { values, facts, presentation } = radiograph
  const lowest = lowestStoredValue(radiograph)
  const counts = new Uint32Array(2 ** facts.bitsStored)
  const step = values.length > countInFull ? sampleStep : 1
  const words = wordsOf(values)
  const drop = signDrop(values)
  for (let pixel = 0; pixel < words.length; pixel += step) counts[((words[pixel] << drop) >> drop) - lowest]++
  const counted = Math.ceil(values.length / step)
  const all = { lowest, counts, total: counted }
  const { padding } = presentation
  if (!padding) return all
  const withoutPadding = leaveOut(all, padding.low - lowest, padding.high - lowest)
  return withoutPadding.total === 0 ? all : withoutPadding
}

/** A histogram without the pixels from index `first` to index `last`, both included. */
export function leaveOut({ lowest, counts, total }: ValueHistogram, first: number, last: number): ValueHistogram {
  const kept = counts.slice().fill(0, Math.max(0, first), Math.max(0, last + 1))
  let left = 0
  for (let index = 0; index < kept.length; index++) left += kept[index]
  return left === total ? { lowest, counts, total } : { lowest, counts: kept, total: left }
}

/** What becomes of a histogram when each value is looked up in a table that starts at its lowest. */
export function mapHistogram({ counts, total }: ValueHistogram, table: Uint8Array | Uint16Array): ValueHistogram {
  const mapped = new Uint32Array(2 ** (8 * table.BYTES_PER_ELEMENT))
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

/** The range of the values, tails left out. */
export const spreadOf = (histogram: ValueHistogram): number =>
  quantileOf(histogram, 1 - tailShare) - quantileOf(histogram, tailShare)
