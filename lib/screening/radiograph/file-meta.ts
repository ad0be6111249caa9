import { StudyRejectedError } from '../kernel/errors.ts'

const longRepresentations = ['OB', 'OW', 'UN', 'UT', 'SQ']
const transferSyntaxElement = 0x0010

export interface FileMeta {
  readonly transferSyntaxUid: string | null
  /** Where the data set starts. */
  readonly end: number
}

/**
 * Reads group 0002: always explicit little endian; its declared length is not trusted.
 * @throws {StudyRejectedError} malformed-dicom, truncated
 * @see DICOM PS3.10 7.1
 */
export function readFileMeta(bytes: Uint8Array, start: number): FileMeta {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = start
  let transferSyntaxUid: string | null = null
  while (offset + 8 <= bytes.length && view.getUint16(offset, true) === 0x0002) {
    const element = view.getUint16(offset + 2, true)
    const vr = String.fromCharCode(bytes[offset + 4], bytes[offset + 5])
    const isLong = longRepresentations.includes(vr)
    if (!/^[A-Z]{2}$/.test(vr)) {
      throw new StudyRejectedError('malformed-dicom', 'the file meta group is not explicit little endian')
    }
    const value = offset + (isLong ? 12 : 8)
    if (value > bytes.length) throw cutShort()
    const length = isLong ? view.getUint32(offset + 8, true) : view.getUint16(offset + 6, true)
    if (value + length > bytes.length) throw cutShort()
    if (element === transferSyntaxElement) {
      const text = String.fromCharCode(...bytes.subarray(value, value + Math.min(length, 80)))
      transferSyntaxUid = text.replace(/[\0 ]+$/, '') || null
    }
    offset = value + length
  }
  if (offset < bytes.length && offset + 8 > bytes.length) throw cutShort()
  return { transferSyntaxUid, end: offset }
}

const cutShort = (): StudyRejectedError => new StudyRejectedError('truncated', 'the file ends within its meta group')
