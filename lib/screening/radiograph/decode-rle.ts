import { StudyRejectedError } from '../kernel/errors.ts'
import type { PixelAttributes } from './pixel-attributes.ts'

const headerBytes = 64

/**
 * Decodes an RLE frame: one segment per byte of a word, the most significant first, each in PackBits.
 * Every segment must give one byte per pixel; surplus bytes are ignored, as by other readers.
 * @see DICOM PS3.5 Annex G
 * @returns words of shape rows × columns; isDamaged when there are surplus bytes that are no padding
 * @throws {StudyRejectedError} corrupt-pixel-data, inconsistent-pixel-data
 */
export function decodeRle(
  frame: Uint8Array,
  { rows, columns, bitsAllocated }: Pick<PixelAttributes, 'rows' | 'columns' | 'bitsAllocated'>,
): { readonly words: Uint8Array | Uint16Array; readonly isDamaged: boolean } {
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
  const isDamaged = planes.some(({ hasExcess }) => hasExcess)
  if (count === 1) return { words: planes[0].plane, isDamaged }
  const words = new Uint16Array(pixels)
  const [{ plane: high }, { plane: low }] = planes
  for (let pixel = 0; pixel < pixels; pixel++) words[pixel] = (high[pixel] << 8) | low[pixel]
  return { words, isDamaged }
}

/**
 * With a greater surplus, as a share of the bytes that the image took, the segment is taken for that of another image.
 */
const mostLeftOver = 1 / 4

function unpackBits(segment: Uint8Array, length: number): { readonly plane: Uint8Array; readonly hasExcess: boolean } {
  const out = new Uint8Array(length)
  let at = 0
  let from = 0
  while (at < length) {
    if (from >= segment.length) throw corrupt('an RLE segment ends before the image does')
    const control = segment[from++]
    if (control === 128) continue
    const run = control < 128 ? control + 1 : 257 - control
    const taken = Math.min(run, length - at)
    if (control < 128) {
      if (from + run > segment.length) throw corrupt('an RLE literal leaves its segment')
      out.set(segment.subarray(from, from + taken), at)
      from += run
    } else {
      if (from >= segment.length) throw corrupt('an RLE run has no value')
      out.fill(segment[from++], at, at + taken)
    }
    at += run
  }
  // One byte of padding to an even length is all that should follow.
  const left = segment.subarray(from)
  const hasExcess = left.length > 1 && left.some((byte) => byte !== 0 && byte !== 128)
  if (hasExcess && left.length > mostLeftOver * from + 8) throw corrupt('an RLE segment goes on after the image ends')
  return { plane: out, hasExcess: hasExcess || at > length }
}

const corrupt = (detail: string): StudyRejectedError => new StudyRejectedError('corrupt-pixel-data', detail)
