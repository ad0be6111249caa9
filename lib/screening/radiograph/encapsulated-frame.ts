import { StudyRejectedError } from '../kernel/errors.ts'
import type { ParsedDataSet } from './parse-data-set.ts'

const undefinedLength = 0xffffffff
const item = 0xe000fffe
const sequenceDelimiter = 0xe0ddfffe

/**
 * The one frame of encapsulated pixel data, its fragments joined. @see DICOM PS3.5 A.4
 * @throws {StudyRejectedError} missing-pixel-data, malformed-dicom, truncated
 */
export function readEncapsulatedFrame({ pixelData, bytes }: ParsedDataSet): Uint8Array {
  if (!pixelData) throw new StudyRejectedError('missing-pixel-data', 'there is no Pixel Data element')
  if (pixelData.length !== undefinedLength) {
    throw new StudyRejectedError('malformed-dicom', 'the transfer syntax is encapsulated, the pixel data is not')
  }
  const [, ...fragments] = readItems(bytes, pixelData.offset)
  if (fragments.length === 0) throw new StudyRejectedError('missing-pixel-data', 'the pixel data holds no fragment')
  return fragments.length === 1 ? fragments[0] : new Uint8Array(Buffer.concat(fragments))
}

/** The Basic Offset Table first, then the fragments. */
function readItems(bytes: Uint8Array, start: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const items: Uint8Array[] = []
  let offset = start
  for (;;) {
    if (offset + 8 > bytes.length) {
      // Writers that leave out the delimiter lose nothing if their last fragment is whole.
      if (offset === bytes.length && items.length > 1) return items
      throw new StudyRejectedError('truncated', 'the file ends within its encapsulated pixel data')
    }
    const tag = view.getUint32(offset, true)
    const length = view.getUint32(offset + 4, true)
    if (tag === sequenceDelimiter) return items
    if (tag !== item || length === undefinedLength) {
      throw new StudyRejectedError('malformed-dicom', 'the encapsulated pixel data is not made of items')
    }
    if (offset + 8 + length > bytes.length) {
      throw new StudyRejectedError('truncated', 'a fragment reaches beyond the end of the file')
    }
    items.push(bytes.subarray(offset + 8, offset + 8 + length))
    offset += 8 + length
  }
}
