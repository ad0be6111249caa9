import { StudyRejectedError } from '../kernel/errors.ts'
import type { PixelAttributes } from './pixel-attributes.ts'

const headerBytes = 64

/**
 * Decodes an RLE frame: one segment per byte of a word, the most significant first, each in PackBits.
 * Strict: every segment must give exactly one byte per pixel. @see DICOM PS3.5 Annex G
 * @returns Shape: rows × columns.
 * @throws {StudyRejectedError} corrupt-pixel-data, inconsistent-pixel-data
 */
export function decodeRle(
  frame: Uint8Array,
  { rows, columns, bitsAllocated }: Pick<PixelAttributes, 'rows' | 'columns' | 'bitsAllocated'>,
): Uint8Array | Uint16Array {
  if (frame.length < headerBytes) throw corrupt('the RLE header is cut short')
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const count = view.getUint32(0, true)
  if (count !== bitsAllocated / 8) {
    throw new StudyRejectedError('inconsistent-pixel-data', `${count} RLE segments for ${bitsAllocated} bits`)
  }
  const offsets = Array.from({ length: count }, (_, segment) => view.getUint32(4 + 4 * segment, true))
  const ends = [...offsets.slice(1), frame.length]
  const pixels = rows * columns
  const planes = offsets.map((offset, segment) => {
    if (offset < headerBytes || offset >= ends[segment] || ends[segment] > frame.length) {
      throw corrupt(`RLE segment ${segment} lies outside the frame`)
    }
    return unpackBits(frame.subarray(offset, ends[segment]), pixels)
  })
  if (count === 1) return planes[0]
  const words = new Uint16Array(pixels)
  for (let pixel = 0; pixel < pixels; pixel++) words[pixel] = (planes[0][pixel] << 8) | planes[1][pixel]
  return words
}

function unpackBits(segment: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  let at = 0
  let from = 0
  while (at < length) {
    if (from >= segment.length) throw corrupt('an RLE segment ends before the image does')
    const control = segment[from++]
    if (control === 128) continue
    const run = control < 128 ? control + 1 : 257 - control
    if (at + run > length) throw corrupt('an RLE run leaves the image')
    if (control < 128) {
      if (from + run > segment.length) throw corrupt('an RLE literal leaves its segment')
      out.set(segment.subarray(from, from + run), at)
      from += run
    } else {
      if (from >= segment.length) throw corrupt('an RLE run has no value')
      out.fill(segment[from++], at, at + run)
    }
    at += run
  }
  // One byte of padding to an even length is all that may follow.
  if (segment.length - from > 1 && segment.subarray(from).some((byte) => byte !== 0 && byte !== 128)) {
    throw corrupt('an RLE segment goes on after the image ends')
  }
  return out
}

const corrupt = (detail: string): StudyRejectedError => new StudyRejectedError('corrupt-pixel-data', detail)
