import { StudyRejectedError } from '../kernel/errors.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import type { Radiograph, Window } from '../radiograph/radiograph.ts'
import { applyModality, applyVoiLut, applyWindow } from './apply-window.ts'
import { type GreyLevels, type PreparedImage, preparedLongSide } from './prepared-image.ts'
import { resample } from './resample.ts'
import { histogramOf, lowestStoredValue, mapHistogram, quantileOf, type ValueHistogram } from './value-histogram.ts'

/** The share of pixels at each end that does not count as the image's range: markers, collimator edges, dead pixels. */
const tailShare = 0.005
/** Fewer stored values than this between the tails hold no picture. */
const minimumStoredSpread = 8
/** A rendering with less between its tails shows nothing. Unit: grey levels of 255. */
const minimumGreySpread = 8
/** Display-ready values use at least this share of their bits; others are windowed like raw ones. */
const displayReadyShare = 0.25

/**
 * Renders a radiograph as the models see it: modality transform, then window or VOI LUT, then inversion, to 8 bits
 * rounded half up; then reduced by area averaging to a long side of at most 1024. Smaller pictures keep their size.
 * @param options.fullResolution Keep rows × columns.
 * @throws {StudyRejectedError} blank, when all pixels are (nearly) the same
 * @see DICOM PS3.4 N.2
 */
export function prepareImage(radiograph: Radiograph, options: { fullResolution?: boolean } = {}): PreparedImage {
  const { rows, columns } = radiograph
  const size = options.fullResolution ? { rows, columns } : preparedSize(radiograph)
  const { greyLevels, pixels, warnings } = renderGrey(radiograph)
  return {
    ...size,
    pixels: size.rows === rows && size.columns === columns ? pixels : reduce(pixels, radiograph, size),
    source: { rows, columns },
    greyLevels,
    warnings: [...radiograph.warnings, ...warnings],
  }
}

/** Long side at most 1024, aspect kept to the nearest pixel. */
export function preparedSize({ rows, columns }: ImageSize): ImageSize {
  const scale = Math.min(1, preparedLongSide / Math.max(rows, columns))
  return { rows: Math.max(1, Math.round(rows * scale)), columns: Math.max(1, Math.round(columns * scale)) }
}

function reduce(pixels: Uint8Array, from: ImageSize, to: ImageSize): Uint8Array {
  const averaged = resample(pixels, from, to)
  const out = new Uint8Array(averaged.length)
  for (let pixel = 0; pixel < out.length; pixel++) out[pixel] = averaged[pixel] + 0.5
  return out
}

interface Rendering {
  readonly greyLevels: GreyLevels
  readonly pixels: Uint8Array
  readonly warnings: readonly WarningCode[]
}

/** Window first, VOI LUT second, and where neither shows anything, levels taken from the values themselves. */
function renderGrey(radiograph: Radiograph): Rendering {
  const histogram = histogramOf(radiograph)
  if (spreadOf(histogram) < minimumStoredSpread) {
    throw new StudyRejectedError('blank', `99 % of the pixels lie within ${spreadOf(histogram)} stored values`)
  }
  const asked = askedLevels(radiograph)
  if (asked) {
    const table = greyTable(radiograph, asked)
    if (spreadOf(mapHistogram(histogram, table)) >= minimumGreySpread) {
      return { greyLevels: asked, pixels: lookUpAll(radiograph, table), warnings: [] }
    }
  }
  const greyLevels = estimatedLevels(radiograph, histogram)
  const warnings: WarningCode[] = []
  if (asked) warnings.push(asked.origin === 'window' ? 'window-outside-range' : 'voi-lut-outside-range')
  if (greyLevels.origin === 'percentile') warnings.push('grey-levels-estimated')
  return { greyLevels, pixels: lookUpAll(radiograph, greyTable(radiograph, greyLevels)), warnings }
}

function askedLevels({ presentation: { window, voiLut } }: Radiograph): GreyLevels | null {
  if (window) return { origin: 'window', window }
  return voiLut ? { origin: 'voi-lut', window: null } : null
}

const spreadOf = (histogram: ValueHistogram): number =>
  quantileOf(histogram, 1 - tailShare) - quantileOf(histogram, tailShare)

/** Eight-bit values that use their range were meant for the eye; all else is windowed from tail to tail. */
function estimatedLevels({ facts, presentation }: Radiograph, histogram: ValueHistogram): GreyLevels {
  const storedRange = histogram.counts.length
  const isDisplayReady = facts.bitsStored === 8 || facts.format !== 'dicom'
  if (isDisplayReady && presentation.modality.kind === 'identity') {
    if (spreadOf(histogram) >= displayReadyShare * storedRange) {
      const center = histogram.lowest + storedRange / 2
      return { origin: 'full-range', window: { center, width: storedRange, function: 'LINEAR' } }
    }
  }
  const ends = [quantileOf(histogram, tailShare), quantileOf(histogram, 1 - tailShare)]
  const [first, last] = ends.map((stored) => applyModality(stored, presentation.modality))
  return { origin: 'percentile', window: windowBetween(Math.min(first, last), Math.max(first, last)) }
}

/** Black at `low`, white at `high`. */
const windowBetween = (low: number, high: number): Window => ({
  center: (low + high) / 2,
  width: high - low,
  function: 'LINEAR_EXACT',
})

/** The grey level of every stored value from the lowest on: the whole pipeline in one table. */
function greyTable(radiograph: Radiograph, { window }: GreyLevels): Uint8Array {
  const { facts, presentation } = radiograph
  const { modality, voiLut, inverted } = presentation
  const lowest = lowestStoredValue(radiograph)
  const table = new Uint8Array(2 ** facts.bitsStored)
  for (let index = 0; index < table.length; index++) {
    const value = applyModality(lowest + index, modality)
    const shown = window ? applyWindow(value, window) : voiLut ? applyVoiLut(value, voiLut) : 0
    // Storing in bytes cuts the fraction off: with the half, it rounds half up.
    table[index] = 255 * (inverted ? 1 - shown : shown) + 0.5
  }
  return table
}

/** Shape: rows × columns. */
function lookUpAll(radiograph: Radiograph, table: Uint8Array): Uint8Array {
  const { values } = radiograph
  const lowest = lowestStoredValue(radiograph)
  const pixels = new Uint8Array(values.length)
  for (let pixel = 0; pixel < pixels.length; pixel++) pixels[pixel] = table[values[pixel] - lowest]
  return pixels
}
