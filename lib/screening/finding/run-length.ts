import type { ImageSize } from '../kernel/geometry.ts'
import { boundingBoxOf } from '../segmentation/bounding-box.ts'

/** A run-length code that does not describe a mask of the image. The message says where and why. */
export class RunLengthError extends Error {
  override readonly name = 'RunLengthError'
}

/** What the SIIM-ACR tables hold for an image without pneumothorax. */
const emptyCode = '-1'

/**
 * The published SIIM-ACR run-length code of a mask: pairs 'start length', each start counted from the end of the
 * previous run (the first from 0), pixels taken column by column: top to bottom, then left to right.
 * An empty mask is '-1'.
 * @param mask 0/1. Shape: rows × columns, row-major.
 * @throws {RunLengthError} when the mask has not rows × columns pixels
 * @see SIIM-ACR Pneumothorax Segmentation, data description: 'relative form of run-length encoding'
 */
export function encodeRunLength(mask: Uint8Array, size: ImageSize): string {
  const { rows, columns } = size
  if (mask.length !== rows * columns) {
    throw new RunLengthError(`the mask has ${mask.length} pixels, its image ${rows} × ${columns}`)
  }
  const changes = changesDownColumns(mask, size)
  const numbers: number[] = []
  for (let at = 0, previousEnd = 0; at < changes.length; at += 2) {
    const [start, end] = [changes[at], changes[at + 1] ?? mask.length]
    numbers.push(start - previousEnd, end - start)
    previousEnd = end
  }
  return numbers.length === 0 ? emptyCode : numbers.join(' ')
}

/**
 * Where runs begin and end, ascending, pixels counted column by column. Found row by row, as the mask lies in memory:
 * down the columns of a large mask every pixel would be a cache miss.
 */
function changesDownColumns(mask: Uint8Array, { rows, columns }: ImageSize): Float64Array {
  const box = boundingBoxOf(mask, { rows, columns })
  const changes: number[] = []
  if (!box) return Float64Array.of()
  const last = mask.length - columns
  for (let column = 0; column < columns; column++) {
    // The pixel before the first one of a column is the last one of the column before.
    const before = column === 0 ? 0 : mask[last + column - 1]
    if ((mask[column] !== 0) !== (before !== 0)) changes.push(column * rows)
  }
  // Runs end in the row below their last pixel.
  for (let row = Math.max(1, box.row); row < Math.min(rows, box.row + box.rows + 1); row++) {
    const start = row * columns
    for (let column = box.column; column < box.column + box.columns; column++) {
      if ((mask[start + column] !== 0) !== (mask[start + column - columns] !== 0)) changes.push(column * rows + row)
    }
  }
  return Float64Array.from(changes).sort()
}

/**
 * The mask of a SIIM-ACR run-length code. Spaces around and between the numbers may be any white space.
 * @returns 0/1. Shape: rows × columns, row-major.
 * @throws {RunLengthError} for an odd count, anything but non-negative integers, a run of length 0, or one past the image
 */
export function decodeRunLength(text: string, size: ImageSize): Uint8Array {
  const mask = new Uint8Array(size.rows * size.columns)
  paintRuns(mask, text, size)
  return mask
}

/**
 * The union of several annotations of one image, which may overlap; '-1' adds nothing.
 * @returns the run-length code of the union
 * @throws {RunLengthError} as decodeRunLength
 */
export function mergeRunLengths(codes: Iterable<string>, size: ImageSize): string {
  const mask = new Uint8Array(size.rows * size.columns)
  for (const code of codes) paintRuns(mask, code, size)
  return encodeRunLength(mask, size)
}

function paintRuns(mask: Uint8Array, text: string, { rows, columns }: ImageSize): void {
  const code = text.trim()
  if (code === emptyCode) return
  if (code === '') throw new RunLengthError("the code is empty; an empty mask is '-1'")
  const words = code.split(/\s+/)
  if (words.length % 2 !== 0)
    throw new RunLengthError(`the code has ${words.length} numbers, not pairs of start and length`)
  const pixels = rows * columns
  let at = 0
  for (let i = 0; i < words.length; i += 2) {
    const start = at + parseCount(words[i], i)
    const length = parseCount(words[i + 1], i + 1)
    if (length === 0) throw new RunLengthError(`run ${i / 2 + 1} has length 0`)
    if (start + length > pixels) {
      throw new RunLengthError(`run ${i / 2 + 1} ends at pixel ${start + length}, the image has ${pixels}`)
    }
    for (let p = start; p < start + length; p++) mask[(p % rows) * columns + Math.floor(p / rows)] = 1
    at = start + length
  }
}

/** At most 15 digits: every such integer is exact, and a longer one is past any image. */
function parseCount(word: string, index: number): number {
  if (!/^\d{1,15}$/.test(word)) {
    throw new RunLengthError(`number ${index + 1} is '${word.slice(0, 20)}', expected an integer of at least 0`)
  }
  return Number(word)
}
