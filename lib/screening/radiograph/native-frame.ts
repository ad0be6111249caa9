import { StudyRejectedError } from '../kernel/errors.ts'
import type { ParsedDataSet } from './parse-data-set.ts'
import type { PixelAttributes } from './pixel-attributes.ts'

const undefinedLength = 0xffffffff

/**
 * The words of native pixel data. Shape: rows × columns.
 * @throws {StudyRejectedError} truncated, malformed-dicom, inconsistent-pixel-data
 */
export function readNativeWords(parsed: ParsedDataSet, attributes: PixelAttributes): Uint8Array | Uint16Array {
  const { pixelData, bytes, syntax } = parsed
  if (!pixelData) throw new StudyRejectedError('missing-pixel-data', 'there is no Pixel Data element')
  const pixels = attributes.rows * attributes.columns
  const needed = (pixels * attributes.bitsAllocated) / 8
  if (pixelData.length === undefinedLength) {
    throw new StudyRejectedError('malformed-dicom', 'native pixel data of undefined length')
  }
  if (pixelData.length === 0) throw new StudyRejectedError('missing-pixel-data', 'the Pixel Data element is empty')
  if (pixelData.offset + Math.min(needed, pixelData.length) > bytes.length) {
    throw new StudyRejectedError(
      'truncated',
      `the file ends ${pixelData.offset + needed - bytes.length} bytes too early`,
    )
  }
  if (pixelData.length < needed) {
    throw new StudyRejectedError(
      'inconsistent-pixel-data',
      `${pixelData.length} bytes of pixel data, expected ${needed}`,
    )
  }
  const frame = bytes.subarray(pixelData.offset, pixelData.offset + needed)
  if (attributes.bitsAllocated === 16) return readWords(frame, pixels, syntax.bigEndian)
  // Eight-bit values in big-endian words of 16 bits lie in pairs the other way round. @see DICOM PS3.5 Annex A.3
  return syntax.bigEndian && pixelData.vr === 'OW' ? swapPairs(bytes, pixelData.offset, pixels) : frame
}

function readWords(frame: Uint8Array, pixels: number, bigEndian: boolean): Uint16Array {
  const aligned = frame.slice()
  if (bigEndian) Buffer.from(aligned.buffer).swap16()
  return new Uint16Array(aligned.buffer, 0, pixels)
}

function swapPairs(bytes: Uint8Array, offset: number, pixels: number): Uint8Array {
  const swapped = bytes.slice(offset, offset + pixels + (pixels % 2))
  if (swapped.length % 2 === 0) Buffer.from(swapped.buffer).swap16()
  return swapped.subarray(0, pixels)
}
