import type { ImageSize } from '../kernel/geometry.ts'
import type { Radiograph } from '../radiograph/radiograph.ts'
import { chooseGreyLevels } from './choose-grey-levels.ts'
import { lookUpByWord } from './grey-look-up.ts'
import { type PreparedImage, preparedLongSide } from './prepared-image.ts'
import { reduceLookedUp } from './reduce-looked-up.ts'
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
  const isWhole = size.rows === rows && size.columns === columns
  return {
    ...size,
    pixels: isWhole ? lookUpAll(radiograph, table) : reduce(radiograph, table, size),
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

/** Looks up and averages in one pass over the stored values. Shape: to.rows × to.columns. */
function reduce(radiograph: Radiograph, table: Uint8Array, to: ImageSize): Uint8Array {
  const out = new Uint8Array(to.rows * to.columns)
  const lookUp = lookUpByWord(radiograph.values, table, lowestStoredValue(radiograph))
  reduceLookedUp(lookUp, radiograph, to, (line, row) => {
    for (let column = 0, at = row * to.columns; column < line.length; column++, at++) out[at] = line[column] + 0.5
  })
  return out
}

/** Shape: rows × columns. */
function lookUpAll(radiograph: Radiograph, greys: Uint8Array): Uint8Array {
  const { words, table } = lookUpByWord(radiograph.values, greys, lowestStoredValue(radiograph))
  const pixels = new Uint8Array(words.length)
  for (let pixel = 0; pixel < pixels.length; pixel++) pixels[pixel] = table[words[pixel]]
  return pixels
}
