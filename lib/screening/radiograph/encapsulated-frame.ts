import { StudyRejectedError } from '../kernel/errors.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import { type DataElement, undefinedLength } from './element-header.ts'
import type { ParsedDataSet } from './parse-data-set.ts'

const itemTag = 0xe000fffe
const sequenceDelimiterTag = 0xe0ddfffe
const pixelDataGroup = 0x7fe0
const itemGroup = 0xfffe
/** The first two bytes of a JPEG or JPEG-LS image, and of a JPEG 2000 codestream. */
const frameStarts = [0xffd8, 0xff4f]

/** Whether pixel data lies in fragments, whatever the transfer syntax says of it. */
export function isEncapsulated(pixelData: DataElement | null, bytes: Uint8Array): boolean {
  if (!pixelData || pixelData.length !== undefinedLength || pixelData.offset + 8 > bytes.length) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(pixelData.offset, true) === itemTag
}

/**
 * The one frame of encapsulated pixel data, its fragments joined. The offset tables, Basic and Extended, say nothing
 * that the fragments of a single frame do not say themselves; they are often wrong, and left unread.
 * @throws {StudyRejectedError} missing-pixel-data, malformed-dicom, truncated, multi-frame
 * @see DICOM PS3.5 A.4
 */
export function readEncapsulatedFrame({ pixelData, bytes }: ParsedDataSet, warnings: WarningCode[]): Uint8Array {
  if (!pixelData) throw new StudyRejectedError('missing-pixel-data', 'there is no Pixel Data element')
  if (pixelData.length !== undefinedLength) {
    throw new StudyRejectedError('malformed-dicom', 'the transfer syntax is encapsulated, the pixel data is not')
  }
  const [, ...fragments] = readItems(bytes, pixelData.offset, warnings)
  if (fragments.length === 0) throw new StudyRejectedError('missing-pixel-data', 'the pixel data holds no fragment')
  if (fragments.length === 1) return fragments[0]
  assertOneFrame(fragments)
  return new Uint8Array(Buffer.concat(fragments))
}

/** The offset table first, then the fragments. */
function readItems(bytes: Uint8Array, start: number, warnings: WarningCode[]): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const items: Uint8Array[] = []
  for (let offset = start; ; ) {
    const tag = offset + 8 <= bytes.length ? view.getUint32(offset, true) : null
    if (tag === sequenceDelimiterTag) return items
    if (tag !== itemTag) {
      // Writers that leave out the delimiter lose nothing if their last fragment is whole; the codestream shows that.
      if (items.length > 1 && isEnd(bytes, offset)) {
        warnings.push('encoding-repaired')
        return items
      }
      if (tag === null) throw new StudyRejectedError('truncated', 'the file ends within its encapsulated pixel data')
      throw new StudyRejectedError('malformed-dicom', 'the encapsulated pixel data is not made of items')
    }
    const length = view.getUint32(offset + 4, true)
    if (length === undefinedLength) {
      throw new StudyRejectedError('malformed-dicom', 'a fragment has no defined length')
    }
    if (offset + 8 + length > bytes.length) {
      throw new StudyRejectedError('truncated', 'a fragment reaches beyond the end of the file')
    }
    items.push(bytes.subarray(offset + 8, offset + 8 + length))
    offset += 8 + length
  }
}

/** The end of the file, zeros or an item's delimiter in place of the right one, or an element that follows. */
function isEnd(bytes: Uint8Array, offset: number): boolean {
  const rest = bytes.subarray(offset, offset + 8)
  if (rest.every((byte) => byte === 0)) return true
  if (rest.length < 8) return false
  const group = rest[0] | (rest[1] << 8)
  const isItemDelimiter = group === itemGroup && rest[2] === 0x0d && rest[3] === 0xe0
  return isItemDelimiter || (group > pixelDataGroup && group !== itemGroup)
}

/** Fragments that each are a whole picture are frames that NumberOfFrames does not own up to. */
function assertOneFrame(fragments: readonly Uint8Array[]): void {
  const starting = fragments.filter((fragment) => frameStarts.includes((fragment[0] << 8) | fragment[1]))
  const ending = fragments.filter((fragment) => {
    const end = fragment.length - (fragment[fragment.length - 1] === 0 ? 1 : 0)
    return fragment[end - 2] === 0xff && fragment[end - 1] === 0xd9
  })
  if (starting.length > 1 && ending.length > 1) {
    throw new StudyRejectedError('multi-frame', `the pixel data holds ${starting.length} compressed frames`)
  }
}
