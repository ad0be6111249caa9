import { StudyRejectedError } from '../kernel/errors.ts'
import { undefinedLength } from './data-set-reader.ts'
import type { ParsedDataSet } from './parse-data-set.ts'

const itemTag = 0xe000fffe
const sequenceDelimiterTag = 0xe0ddfffe
/** The first two bytes of a JPEG or JPEG-LS image, and of a JPEG 2000 codestream. */
const frameStarts = [0xffd8, 0xff4f]

/**
 * The one frame of encapsulated pixel data, its fragments joined. The offset tables, Basic and Extended, say nothing
 * that the fragments of a single frame do not say themselves; they are often wrong, and left unread.
 * @throws {StudyRejectedError} missing-pixel-data, malformed-dicom, truncated, multi-frame
 * @see DICOM PS3.5 A.4
 */
export function readEncapsulatedFrame({ pixelData, bytes }: ParsedDataSet): Uint8Array {
  if (!pixelData) throw new StudyRejectedError('missing-pixel-data', 'there is no Pixel Data element')
  if (pixelData.length !== undefinedLength) {
    throw new StudyRejectedError('malformed-dicom', 'the transfer syntax is encapsulated, the pixel data is not')
  }
  const [, ...fragments] = readItems(bytes, pixelData.offset)
  if (fragments.length === 0) throw new StudyRejectedError('missing-pixel-data', 'the pixel data holds no fragment')
  if (fragments.length === 1) return fragments[0]
  assertOneFrame(fragments)
  return new Uint8Array(Buffer.concat(fragments))
}

/** The offset table first, then the fragments. */
function readItems(bytes: Uint8Array, start: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const items: Uint8Array[] = []
  for (let offset = start; ; ) {
    if (offset + 8 > bytes.length) {
      // Writers that leave out the delimiter lose nothing if their last fragment is whole.
      if (offset === bytes.length && items.length > 1) return items
      throw new StudyRejectedError('truncated', 'the file ends within its encapsulated pixel data')
    }
    const tag = view.getUint32(offset, true)
    const length = view.getUint32(offset + 4, true)
    if (tag === sequenceDelimiterTag) return items
    if (tag !== itemTag || length === undefinedLength) {
      throw new StudyRejectedError('malformed-dicom', 'the encapsulated pixel data is not made of items')
    }
    if (offset + 8 + length > bytes.length) {
      throw new StudyRejectedError('truncated', 'a fragment reaches beyond the end of the file')
    }
    items.push(bytes.subarray(offset + 8, offset + 8 + length))
    offset += 8 + length
  }
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
