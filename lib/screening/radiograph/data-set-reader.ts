import { StudyRejectedError } from '../kernel/errors.ts'

/** Deeper nesting than any radiograph has (reports of measurements nest some ten levels). */
const maximumDepth = 32
const maximumElements = 200_000
export const undefinedLength = 0xffffffff

const itemTag = 0xfffee000
const itemDelimiterTag = 0xfffee00d
const sequenceDelimiterTag = 0xfffee0dd
export const pixelDataTag = 0x7fe00010

/** Value representations whose length takes four bytes. @see DICOM PS3.5 7.1.2 */
const longRepresentations = ['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']

const shortRepresentations = [
  ...['AE', 'AS', 'AT', 'CS', 'DA', 'DS', 'DT', 'FD', 'FL', 'IS', 'LO', 'LT', 'PN', 'SH', 'SL', 'SS', 'ST', 'TM'],
  ...['UI', 'UL', 'US'],
]

/** Where an element's value lies. */
export interface DataElement {
  /** Null in implicit VR. */
  readonly vr: string | null
  readonly offset: number
  /** As declared; 0xFFFFFFFF when undefined. Unit: bytes. */
  readonly length: number
}

/** The wanted elements by tag (group × 65536 + element). */
export type ElementMap = Map<number, DataElement>

interface ElementHeader extends DataElement {
  readonly tag: number
}

/**
 * Walks the elements of a data set and keeps those that are asked for. Sequences of defined length are stepped over
 * unread; those of undefined length are followed, within limits, to find their end. Nothing is allocated by what a
 * file declares.
 * @see DICOM PS3.5 7
 */
export class DataSetReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #littleEndian: boolean
  #elements = 0

  constructor(bytes: Uint8Array, bigEndian: boolean) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#littleEndian = !bigEndian
  }

  get view(): DataView {
    return this.#view
  }

  get littleEndian(): boolean {
    return this.#littleEndian
  }

  /**
   * The elements from `start` to the pixel data or to `end`.
   * @throws {StudyRejectedError} truncated, malformed-dicom, too-complex
   */
  readElements(start: number, end: number, explicitVr: boolean, wanted: ReadonlySet<number>): ElementMap {
    const kept: ElementMap = new Map()
    for (let offset = start; offset < end; ) {
      const element = this.#readHeader(offset, end, explicitVr)
      // What follows the pixel data, or stands in place of an element, is padding or no longer ours.
      if (element.tag === itemDelimiterTag) break
      if (wanted.has(element.tag) && !kept.has(element.tag)) kept.set(element.tag, element)
      if (element.tag === pixelDataTag) break
      offset = this.#endOf(element, end, explicitVr, 0)
    }
    return kept
  }

  /** The wanted elements of a sequence's first item; null when it has none. */
  readFirstItem(sequence: DataElement, explicitVr: boolean, wanted: ReadonlySet<number>): ElementMap | null {
    const limit = this.#bytes.length
    const end = sequence.length === undefinedLength ? limit : Math.min(limit, sequence.offset + sequence.length)
    if (sequence.offset + 8 > end || this.#readTag(sequence.offset) !== itemTag) return null
    const length = this.#view.getUint32(sequence.offset + 4, this.#littleEndian)
    const itemEnd = length === undefinedLength ? end : sequence.offset + 8 + length
    if (itemEnd > end) throw malformed('an item is longer than its sequence')
    return this.readElements(sequence.offset + 8, itemEnd, explicitVr && sequence.vr !== 'UN', wanted)
  }

  #readTag(offset: number): number {
    const group = this.#view.getUint16(offset, this.#littleEndian)
    return group * 65536 + this.#view.getUint16(offset + 2, this.#littleEndian)
  }

  #readHeader(offset: number, end: number, explicitVr: boolean): ElementHeader {
    if (offset + 8 > end) throw this.#cutShort(end, 'an element header')
    if (++this.#elements > maximumElements) {
      throw new StudyRejectedError('too-complex', `the data set has more than ${maximumElements} elements`)
    }
    const tag = this.#readTag(offset)
    const isDelimiter = Math.floor(tag / 65536) === 0xfffe
    const vr = explicitVr && !isDelimiter ? this.#readRepresentation(offset + 4) : null
    if (vr === null) {
      const length = this.#view.getUint32(offset + 4, this.#littleEndian)
      return { tag, vr, offset: offset + 8, length }
    }
    const shortLength = this.#view.getUint16(offset + 6, this.#littleEndian)
    if (!isLong(vr, shortLength)) return { tag, vr, offset: offset + 8, length: shortLength }
    if (offset + 12 > end) throw this.#cutShort(end, 'an element header')
    return { tag, vr, offset: offset + 12, length: this.#view.getUint32(offset + 8, this.#littleEndian) }
  }

  /** Null where no VR stands: some writers leave private elements implicit within an explicit data set. */
  #readRepresentation(offset: number): string | null {
    const [first, second] = [this.#bytes[offset], this.#bytes[offset + 1]]
    const isUpperCase = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a
    return isUpperCase(first) && isUpperCase(second) ? String.fromCharCode(first, second) : null
  }

  #endOf(element: ElementHeader, end: number, explicitVr: boolean, depth: number): number {
    const { offset, length, vr, tag } = element
    if (length !== undefinedLength) {
      if (offset + length > end) throw this.#cutShort(end, `element ${hexadecimal(tag)}`)
      return offset + length
    }
    if (vr !== null && vr !== 'SQ' && vr !== 'UN') throw malformed(`element ${hexadecimal(tag)} has no defined length`)
    // A sequence of unknown VR is written in implicit VR. @see DICOM PS3.5 6.2.2 note 2
    return this.#endOfSequence(offset, end, explicitVr && vr !== 'UN', depth + 1)
  }

  #endOfSequence(start: number, end: number, explicitVr: boolean, depth: number): number {
    if (depth > maximumDepth) {
      throw new StudyRejectedError('too-complex', `sequences are nested deeper than ${maximumDepth} levels`)
    }
    for (let offset = start; ; ) {
      if (offset + 8 > end) throw this.#cutShort(end, 'a sequence')
      const tag = this.#readTag(offset)
      const length = this.#view.getUint32(offset + 4, this.#littleEndian)
      offset += 8
      if (tag === sequenceDelimiterTag) return offset
      if (tag !== itemTag) throw malformed('a sequence is not made of items')
      if (length === undefinedLength) offset = this.#endOfItem(offset, end, explicitVr, depth)
      else if (offset + length > end) throw this.#cutShort(end, 'an item')
      else offset += length
    }
  }

  #endOfItem(start: number, end: number, explicitVr: boolean, depth: number): number {
    for (let offset = start; ; ) {
      const element = this.#readHeader(offset, end, explicitVr)
      if (element.tag === itemDelimiterTag) return element.offset
      if (element.tag === sequenceDelimiterTag) throw malformed('an item has no end')
      offset = this.#endOf(element, end, explicitVr, depth)
    }
  }

  /** Beyond the file is a transfer cut short; beyond an enclosing item is bad encoding. */
  #cutShort(end: number, what: string): StudyRejectedError {
    if (end < this.#bytes.length) return malformed(`${what} is longer than what it lies in`)
    return new StudyRejectedError('truncated', `${what} reaches beyond the end of the file`)
  }
}

/** VRs yet to come have long lengths; those that writers invent have short ones. @see DICOM PS3.5 6.2 note on new VRs */
function isLong(vr: string, shortLength: number): boolean {
  return longRepresentations.includes(vr) || (!shortRepresentations.includes(vr) && shortLength === 0)
}

const malformed = (detail: string): StudyRejectedError => new StudyRejectedError('malformed-dicom', detail)

const hexadecimal = (tag: number): string => tag.toString(16).toUpperCase().padStart(8, '0')
