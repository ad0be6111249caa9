import { StudyRejectedError } from '../kernel/errors.ts'
import { lengthFormOf } from './value-representations.ts'

const commandGroup = 0x0000
const metaGroup = 0x0002
const transferSyntaxElement = 0x0010

export interface FileMeta {
  /** Null when the group, or the element, is missing or empty. */
  readonly transferSyntaxUid: string | null
  /** Where the data set starts. */
  readonly end: number
  /** Written in implicit VR, against the standard. */
  readonly isImplicit: boolean
}

/**
 * Reads group 0002: explicit little endian, or implicit where a writer got that wrong; its declared length is not
 * trusted. A command group (0000) before or after it, as dumps of messages have it, is stepped over.
 * @throws {StudyRejectedError} truncated
 * @see DICOM PS3.10 7.1, PS3.7 6.3
 */
export function readFileMeta(bytes: Uint8Array, start: number): FileMeta {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = start
  let transferSyntaxUid: string | null = null
  let isImplicit = false
  while (offset + 8 <= bytes.length) {
    const group = view.getUint16(offset, true)
    if (group !== metaGroup && group !== commandGroup) break
    const form = lengthFormOf(String.fromCharCode(bytes[offset + 4], bytes[offset + 5]))
    const value = offset + (form === 'long' ? 12 : 8)
    if (value > bytes.length) throw cutShort()
    const length = form === 'short' ? view.getUint16(offset + 6, true) : view.getUint32(value - 4, true)
    if (value + length > bytes.length) throw cutShort()
    if (group === metaGroup && form === null) isImplicit = true
    if (group === metaGroup && view.getUint16(offset + 2, true) === transferSyntaxElement) {
      const text = String.fromCharCode(...bytes.subarray(value, value + Math.min(length, 80)))
      transferSyntaxUid = text.replaceAll('\0', ' ').trim() || null
    }
    offset = value + length
  }
  if (offset < bytes.length && offset + 8 > bytes.length) throw cutShort()
  return { transferSyntaxUid, end: offset, isImplicit }
}

const cutShort = (): StudyRejectedError => new StudyRejectedError('truncated', 'the file ends within its meta group')
