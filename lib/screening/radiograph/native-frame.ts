import { StudyRejectedError } from '../kernel/errors.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import { undefinedLength } from './element-header.ts'
import { areHalvesOfWords, orderWords } from './neighbours.ts'
import type { ParsedDataSet } from './parse-data-set.ts'
import type { PixelAttributes } from './pixel-attributes.ts'

/**
 * The words of native pixel data, not copied where byte order and alignment allow that. Shape: rows × columns.
 * @throws {StudyRejectedError} missing-pixel-data, truncated, malformed-dicom, inconsistent-pixel-data
 * @see DICOM PS3.5 8.1.1, 8.2
 */
export function readNativeWords(
  { pixelData, bytes, syntax }: ParsedDataSet,
  attributes: PixelAttributes,
  warnings: WarningCode[],
): Uint8Array | Uint16Array {
  if (!pixelData) throw new StudyRejectedError('missing-pixel-data', 'there is no Pixel Data element')
  const { rows, columns, bitsAllocated } = attributes
  const { offset, length, vr } = pixelData
  const pixels = rows * columns
  const needed = (pixels * bitsAllocated) / 8
  if (length === undefinedLength) {
    throw new StudyRejectedError('malformed-dicom', 'native pixel data of undefined length')
  }
  if (length === 0) throw new StudyRejectedError('missing-pixel-data', 'the Pixel Data element is empty')
  if (offset + length > bytes.length && offset + needed > bytes.length) {
    throw new StudyRejectedError('truncated', `the file ends ${offset + needed - bytes.length} bytes too early`)
  }
  if (length < needed) {
    throw new StudyRejectedError('inconsistent-pixel-data', `${length} bytes of pixel data, expected ${needed}`)
  }
  // One byte of padding makes an odd length even.
  if (length > needed + 1) warnings.push('excess-pixel-data')
  if (bitsAllocated === 8 && length >= 2 * needed && areHalvesOfWords(bytes.subarray(offset, offset + length))) {
    throw new StudyRejectedError('inconsistent-pixel-data', 'BitsAllocated is 8, the pixel data holds words of 16 bits')
  }
  const frame = bytes.subarray(offset, offset + needed)
  if (bitsAllocated === 16) return orderWords(readWords(frame, syntax.bigEndianPixels), attributes, warnings)
  // Pixels of 8 bits in big-endian words of 16 bits (OW): the two of each word are exchanged. @see DICOM PS3.5 Annex
  // A.3
  const swapsPairs = syntax.bigEndianPixels && vr === 'OW'
  if (!swapsPairs) return orderWords(frame, attributes, warnings)
  // The last of an odd number shares its word with a byte of padding, unless that was left out.
  const padded = bytes.slice(offset, offset + Math.min(length, pixels + (pixels % 2)))
  return orderWords(swapPairs(padded).subarray(0, pixels), attributes, warnings)
}

function readWords(frame: Uint8Array, bigEndian: boolean): Uint16Array {
  if (bigEndian) return new Uint16Array(swapPairs(frame.slice()).buffer)
  const aligned = frame.byteOffset % 2 === 0 ? frame : frame.slice()
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2)
}

/** In place; a last byte without a partner stays where it is. */
function swapPairs(bytes: Uint8Array): Uint8Array {
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length & ~1).swap16()
  return bytes
}
