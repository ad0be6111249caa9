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

/** Of the stored values, padding left out. An image of nothing but padding counts in full. */
export function histogramOf(radiograph: Radiograph): ValueHistogram {
  const { values, facts, presentation } = radiograph
  const lowest = lowestStoredValue(radiograph)
  const counts = new Uint32Array(2 ** facts.bitsStored)
  for (let pixel = 0; pixel < values.length; pixel++) counts[values[pixel] - lowest]++
  const { padding } = presentation
  if (!padding) return { lowest, counts, total: values.length }
  const [first, last] = [Math.max(0, padding.low - lowest), Math.min(counts.length - 1, padding.high - lowest)]
  let padded = 0
  for (let index = first; index <= last; index++) padded += counts[index]
  if (padded === values.length) return { lowest, counts, total: values.length }
  if (padded > 0) counts.fill(0, first, last + 1)
  return { lowest, counts, total: values.length - padded }
}

/** A step that shares no factor with usual row lengths, so that a sample runs through all columns. */
const sampleStep = 7

/** Of 8-bit grey levels, by a sample of the pixels where there are many. */
export function greyHistogramOf(pixels: Uint8Array): ValueHistogram {
  const counts = new Uint32Array(256)
  const step = pixels.length > 1_000_000 ? sampleStep : 1
  for (let pixel = 0; pixel < pixels.length; pixel += step) counts[pixels[pixel]]++
  return { lowest: 0, counts, total: Math.ceil(pixels.length / step) }
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
