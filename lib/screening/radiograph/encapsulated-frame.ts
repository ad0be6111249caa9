import { StudyRejectedError } from '../kernel/errors.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import { type DataElement, undefinedLength } from './element-header.ts'
import { startsCodestream, startsRle } from './frame-start.ts'
import type { ParsedDataSet } from './parse-data-set.ts'

/** Tags as they are read by one little-endian read of 32 bits: element × 65536 + group. */
const itemTag = 0xe000fffe
const sequenceDelimiterTag = 0xe0ddfffe
const pixelDataGroup = 0x7fe0
const itemGroup = 0xfffe

/** Whether pixel data lies in fragments, whatever the transfer syntax says of it. */
export function isEncapsulated(pixelData: DataElement | null, bytes: Uint8Array): boolean {
  return pixelData !== null && pixelData.length === undefinedLength && startsWithItems(pixelData, bytes)
}

/**
 * The one frame of encapsulated pixel data, its fragments joined. The Basic and the Extended Offset Table are not read:
 * for a single frame they add nothing, and they are often wrong.
 * @throws {StudyRejectedError} missing-pixel-data, malformed-dicom, truncated, multi-frame
 * @see DICOM PS3.5 A.4
 */
export function readEncapsulatedFrame({ pixelData, bytes }: ParsedDataSet, warnings: WarningCode[]): Uint8Array {
  if (!pixelData) throw new StudyRejectedError('missing-pixel-data', 'there is no Pixel Data element')
  const isOpen = pixelData.length === undefinedLength
  if (!isOpen && !startsWithItems(pixelData, bytes)) {
    throw new StudyRejectedError('malformed-dicom', 'the transfer syntax is encapsulated, the pixel data is not')
  }
  const items = isOpen
    ? readItems(bytes, pixelData.offset, warnings)
    : readItemsWithin(bytes.subarray(0, pixelData.offset + pixelData.length), pixelData.offset, warnings)
  const fragments = takeOffsetTable(items, warnings)
  if (fragments.length === 0) throw new StudyRejectedError('missing-pixel-data', 'the pixel data holds no fragment')
  if (fragments.length === 1) return fragments[0]
  assertOneFrame(fragments)
  return new Uint8Array(Buffer.concat(fragments))
}

/** The first item is the offset table, unless a writer forgot it and it is the frame. */
function takeOffsetTable([first, ...rest]: readonly Uint8Array[], warnings: WarningCode[]): readonly Uint8Array[] {
  if (first === undefined || !(startsCodestream(first) || startsRle(first))) return rest
  warnings.push('encoding-repaired')
  return [first, ...rest]
}

/** Fragments in an element of defined length: the element's end stands for the delimiter. */
function readItemsWithin(bytes: Uint8Array, start: number, warnings: WarningCode[]): Uint8Array[] {
  const before = warnings.length
  const items = readItems(bytes, start, warnings)
  if (warnings.length === before) warnings.push('encoding-repaired')
  return items
}

function startsWithItems({ offset }: DataElement, bytes: Uint8Array): boolean {
  if (offset + 8 > bytes.length) return false
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true) === itemTag
}

/** The offset table first, then the fragments. */
function readItems(bytes: Uint8Array, start: number, warnings: WarningCode[]): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const items: Uint8Array[] = []
  for (let offset = start; ; ) {
    const tag = offset + 8 <= bytes.length ? view.getUint32(offset, true) : null
    if (tag === sequenceDelimiterTag) return items
    if (tag !== itemTag) {
      // A missing delimiter does no harm if the last fragment is whole, which the check of the codestream will show.
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

/** Fragments that each hold a whole codestream are several frames, whatever NumberOfFrames says. */
function assertOneFrame(fragments: readonly Uint8Array[]): void {
  const starting = fragments.filter(startsCodestream)
  const ending = fragments.filter((fragment) => {
    const end = fragment.length - (fragment[fragment.length - 1] === 0 ? 1 : 0)
    return fragment[end - 2] === 0xff && fragment[end - 1] === 0xd9
  })
  if (starting.length > 1 && ending.length > 1) {
    throw new StudyRejectedError('multi-frame', `the pixel data holds ${starting.length} compressed frames`)
  }
}
