import type { ImageSize } from '../kernel/geometry.ts'
import type { Radiograph } from '../radiograph/radiograph.ts'
import { chooseGreyLevels } from './choose-grey-levels.ts'
import { type PreparedImage, preparedLongSide } from './prepared-image.ts'
import { resample } from './resample.ts'
import { lowestStoredValue } from './value-histogram.ts'

/**
 * Renders a radiograph as the models see it: modality transform, then window or VOI LUT, then inversion, to 8 bits
 * rounded half up; then reduced by area averaging to a long side of at most 1024. Smaller pictures keep their size.
 * @param options.fullResolution Keep the rows × columns of the source.
 * @throws {StudyRejectedError} blank, when all pixels are (nearly) the same
 * @see DICOM PS3.4 N.2
 */
export function prepareImage(radiograph: Radiograph, options: { fullResolution?: boolean } = {}): PreparedImage {
  const { rows, columns } = radiograph
  const size = options.fullResolution ? { rows, columns } : preparedSize(radiograph)
  const { greyLevels, table, warnings } = chooseGreyLevels(radiograph)
  const pixels = lookUpAll(radiograph, table)
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

/** Shape: rows × columns. */
function lookUpAll(radiograph: Radiograph, table: Uint8Array): Uint8Array {
  const { values } = radiograph
  const lowest = lowestStoredValue(radiograph)
  const pixels = new Uint8Array(values.length)
  for (let pixel = 0; pixel < pixels.length; pixel++) pixels[pixel] = table[values[pixel] - lowest]
  return pixels
}
