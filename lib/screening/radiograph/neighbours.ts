import { StudyRejectedError } from '../kernel/errors.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import type { PixelAttributes } from './pixel-attributes.ts'
import { type StoredValues, signDrop, wordsOf } from './stored-values.ts'

/*
 * No pixel shows by itself that it was read wrongly. But neighbours in a radiograph have similar values, and have not
 * where words are cut in two, read in the wrong byte order, laid out in rows of another length, or shifted by a byte.
 */

/** The other reading is the right one when neighbours are this many times as close together in it. */
const clearly = { words: 3, bytes: 4, rows: 3 }

/**
 * Native words in the order in which they are a picture.
 * @throws {StudyRejectedError} inconsistent-pixel-data where Rows and Columns are exchanged
 */
export function orderWords<T extends Uint8Array | Uint16Array>(
  words: T,
  { rows, columns }: PixelAttributes,
  warnings: WarningCode[],
): T {
  const isSwapped = words instanceof Uint16Array && clearly.bytes * roughnessOf(words, 1, true) < roughnessOf(words, 1)
  const ordered = isSwapped ? (words.map(swapBytes) as T) : words
  if (isSwapped) warnings.push('bits-not-as-declared')
  if (rows !== columns && clearly.rows * roughnessOf(ordered, rows) < roughnessOf(ordered, columns)) {
    throw new StudyRejectedError('inconsistent-pixel-data', 'the pixels are a picture with Rows and Columns exchanged')
  }
  return ordered
}

/** Whether bytes that are declared to be pixels are halves of words of 16 bits. */
export function areHalvesOfWords(bytes: Uint8Array): boolean {
  const words = new Uint16Array(bytes.slice(0, bytes.length & ~1).buffer)
  return clearly.words * roughnessOf(words, 1) < roughnessOf(bytes, 1)
}

/**
 * Limits of the mean difference between neighbours, in standard deviations of all pixels. The roughest of the pictures
 * that were looked at, CT and MR included, has 0.14 along its rows or columns; noise has 1.1.
 */
const roughness = { doubtful: 0.4, noise: 0.95 }

/**
 * Whether a part of the picture is noise.
 * @throws {StudyRejectedError} corrupt-pixel-data where nearly all of it is
 */
export function holdsNoise(values: StoredValues, columns: number): boolean {
  const along = roughnessOf(values, 1)
  const down = roughnessOf(values, columns)
  if (Math.min(along, down) > roughness.noise)
    throw new StudyRejectedError('corrupt-pixel-data', 'the pixels are noise')
  return Math.max(along, down) > roughness.doubtful
}

const swapBytes = (word: number): number => ((word & 0xff) << 8) | (word >>> 8)

/** About how many pixels are sampled: more would tell no more. */
const sampledPixels = 200_000

/** The mean difference of pixels that are `distance` apart in memory, in standard deviations of all pixels. */
function roughnessOf(values: StoredValues, distance: number, swapped = false): number {
  const words = wordsOf(values)
  const drop = signDrop(values)
  const read = (word: number): number => (swapped ? swapBytes(word) : (word << drop) >> drop)
  // An odd step runs through all columns of any width.
  const step = Math.floor(words.length / sampledPixels) | 1
  let [count, sum, squares, differences] = [0, 0, 0, 0]
  for (let pixel = 0; pixel + distance < words.length; pixel += step) {
    const value = read(words[pixel])
    count++
    sum += value
    squares += value * value
    differences += Math.abs(value - read(words[pixel + distance]))
  }
  const variance = squares / count - (sum / count) ** 2
  return variance > 0 ? differences / count / Math.sqrt(variance) : 0
}
