import { StudyRejectedError } from '../kernel/errors.ts'
import {
  type DataElement,
  type ElementHeader,
  type Encoding,
  isDelimiter,
  itemDelimiterTag,
  itemTag,
  looksLikeHeader,
  pixelDataTag,
  readElementHeader,
  readTag,
  sequenceDelimiterTag,
  startsWithItem,
  undefinedLength,
} from './element-header.ts'

const maximumElements = 200_000
/** How many levels of sequences with wrong lengths, each inside the other, are repaired. */
const deepestRepair = 32
const pixelDataTags = [
  { tag: Buffer.from([0xe0, 0x7f, 0x10, 0x00]), littleEndian: true },
  { tag: Buffer.from([0x7f, 0xe0, 0x00, 0x10]), littleEndian: false },
]
const delimiterBytes = Buffer.from([0xfe, 0xff, 0xdd, 0xe0])
const rowsTag = 0x00280010
/** Most that may follow the pixel data: padding, signatures. Unit: bytes. */
const maximumTailBytes = 4096

/** The wanted elements by tag (group × 65536 + element). */
export type ElementMap = Map<number, DataElement>

/** The wanted elements of an item, and how they are written. */
export interface Item {
  readonly elements: ElementMap
  readonly encoding: Encoding
}

/** A sequence or item of undefined length whose end is looked for. */
interface OpenPart {
  readonly kind: 'sequence' | 'item'
  readonly encoding: Encoding
}

/**
 * Walks the elements of a data set and keeps those that are asked for. Sequences of defined length are stepped over
 * unread; those of undefined length are followed, within limits, to find their end. No declared length decides how much
 * memory is allocated. Where the encoding is broken in a way that leaves one sensible reading (docs/decisions/0007),
 * that is taken, and `isRepaired` says so.
 * @see DICOM PS3.5 7
 */
export class DataSetReader {
  readonly #bytes: Uint8Array
  readonly view: DataView
  #elements = 0
  #isRepaired = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isRepaired(): boolean {
    return this.#isRepaired
  }

  /**
   * The elements from `start` to the pixel data or to `end`.
   * @param kept Receives them; when this throws, it holds those before the place that cannot be read.
   * @throws {StudyRejectedError} truncated, malformed-dicom, too-complex
   */
  readElements(start: number, end: number, encoding: Encoding, wanted: ReadonlySet<number>, kept: ElementMap): void {
    this.#keepElements(start, end, encoding, wanted, false, kept)
  }

  /**
   * The wanted elements of a sequence's first items.
   * @throws {StudyRejectedError} truncated, malformed-dicom, too-complex
   */
  readItems(sequence: DataElement, encoding: Encoding, wanted: ReadonlySet<number>, most: number): Item[] {
    const limit = this.#bytes.length
    const end = sequence.length === undefinedLength ? limit : Math.min(limit, sequence.offset + sequence.length)
    const order = startsWithItem(this.view, sequence.offset, end)
    if (order === null) return []
    const inner = contentEncoding(sequence, encoding, order)
    const items: Item[] = []
    for (let offset: number | null = sequence.offset; offset !== null && items.length < most; ) {
      if (offset + 8 > end || readTag(this.view, offset, inner.littleEndian) !== itemTag) break
      const start: number = offset + 8
      const length = this.view.getUint32(offset + 4, inner.littleEndian)
      const isOpen = length === undefinedLength
      const itemEnd = isOpen ? end : start + length
      if (itemEnd > end) throw malformed('an item is longer than its sequence')
      items.push({ elements: this.#keepElements(start, itemEnd, inner, wanted, isOpen), encoding: inner })
      offset = isOpen ? orNull(() => this.#endOfOpen(start, end, { kind: 'item', encoding: inner }, 0)) : itemEnd
    }
    return items
  }

  /** @param isOpen Whether these are the elements of an item of undefined length, which ends at its delimiter. */
  #keepElements(
    start: number,
    end: number,
    encoding: Encoding,
    wanted: ReadonlySet<number>,
    isOpen: boolean,
    kept: ElementMap = new Map(),
  ): ElementMap {
    for (let offset = start; offset < end; ) {
      const element = this.#readHeader(offset, end, encoding)
      if (isDelimiter(element.tag)) {
        if (isOpen) break
        if (element.length !== 0) throw malformed('an item outside of a sequence')
        // A stray delimiter: the elements go on behind it.
        this.#isRepaired = true
        offset = element.offset
        continue
      }
      if (wanted.has(element.tag) && !kept.has(element.tag)) kept.set(element.tag, element)
      // What follows the pixel data is padding, unless Rows has not come yet: then the attributes that describe it
      // follow.
      if (element.tag === pixelDataTag && kept.has(rowsTag)) break
      offset = this.#endOf(element, end, encoding, 0)
    }
    return kept
  }

  #readHeader(offset: number, end: number, encoding: Encoding): ElementHeader {
    if (++this.#elements > maximumElements) {
      throw new StudyRejectedError('too-complex', `the data set has more than ${maximumElements} elements`)
    }
    const header = readElementHeader(this.view, offset, end, encoding)
    if (!header) throw this.#cutShort(end, 'an element header')
    if (header.isOdd) this.#isRepaired = true
    return header
  }

  #endOf(element: ElementHeader, end: number, encoding: Encoding, depth: number): number {
    const { offset, length, vr, tag } = element
    if (length === undefinedLength) {
      const outermost = { kind: 'sequence', encoding: this.#encodingWithin(element, end, encoding) } as const
      return this.#endOfOpen(offset, end, outermost, depth)
    }
    const declaredEnd = offset + length
    if (declaredEnd > end) throw this.#cutShort(end, `element ${hexadecimal(tag)}`)
    const order = vr === 'SQ' || vr === 'UN' || vr === null ? startsWithItem(this.view, offset, end) : null
    if (order && !looksLikeHeader(this.view, declaredEnd, end, encoding, tag, 'surely')) {
      const content = contentEncoding(element, encoding, order)
      const walked = orNull(() => this.#walkedEnd(element, end, content, depth + 1))
      if (walked !== null && looksLikeHeader(this.view, walked, end, encoding, tag, 'surely')) {
        this.#isRepaired = true
        return walked
      }
    }
    return declaredEnd
  }

  /**
   * Follows what is of undefined length to its end, however deep it nests: real files nest some ten levels, other readers
   * follow thousands, and a stack of our own does not overflow.
   */
  #endOfOpen(start: number, end: number, outermost: OpenPart, depth: number): number {
    const open = [outermost]
    let offset = start
    for (let innermost = open.at(-1); innermost; innermost = open.at(-1)) {
      const { encoding } = innermost
      if (offset + 8 <= end && this.#isZeros(offset)) {
        this.#isRepaired = true
        offset += 8
        open.pop()
      } else if (innermost.kind === 'sequence') {
        if (offset + 8 > end) throw this.#cutShort(end, 'a sequence')
        const tag = readTag(this.view, offset, encoding.littleEndian)
        const length = this.view.getUint32(offset + 4, encoding.littleEndian)
        offset += 8
        if (tag === sequenceDelimiterTag) open.pop()
        else if (tag !== itemTag) throw malformed('a sequence is not made of items')
        else if (length === undefinedLength) open.push({ kind: 'item', encoding })
        else if (offset + length > end) throw this.#cutShort(end, 'an item')
        else offset = this.#endOfDefinedItem(offset, length, end, encoding, depth)
      } else {
        const element = this.#readHeader(offset, end, encoding)
        if (element.tag === itemDelimiterTag) {
          offset = element.offset
          open.pop()
        } else if (element.tag === sequenceDelimiterTag) {
          // The sequence ends, and with it the item that lacks its delimiter.
          this.#isRepaired = true
          open.pop()
        } else if (element.length === undefinedLength) {
          open.push({ kind: 'sequence', encoding: this.#encodingWithin(element, end, encoding) })
          offset = element.offset
        } else offset = this.#endOf(element, end, encoding, depth)
      }
    }
    return offset
  }

  /** How the items of an element of undefined length are written. */
  #encodingWithin(element: ElementHeader, end: number, encoding: Encoding): Encoding {
    const { offset, vr, tag } = element
    if (offset + 8 > end) throw this.#cutShort(end, 'a sequence')
    // Not only sequences have items: so do the compressed pixels of an icon, of private thumbnails, of overlays.
    const order = startsWithItem(this.view, offset, end)
    if (order) return contentEncoding(element, encoding, order)
    if (vr === null || vr === 'SQ' || vr === 'UN') throw malformed('a sequence is not made of items')
    throw malformed(`element ${hexadecimal(tag)} has no defined length`)
  }

  /**
   * The declared end of an item, if the next item or the sequence's delimiter stands there; else that of its elements.
   */
  #endOfDefinedItem(start: number, length: number, end: number, encoding: Encoding, depth: number): number {
    const declaredEnd = start + length
    if (this.#isItemHeader(declaredEnd, end, encoding) || depth >= deepestRepair) return declaredEnd
    const walked = orNull(() => this.#endOfElements(start, declaredEnd, end, encoding, depth + 1))
    if (walked === null || !this.#isItemHeader(walked, end, encoding)) return declaredEnd
    this.#isRepaired = true
    return walked
  }

  #isItemHeader(offset: number, end: number, { littleEndian }: Encoding): boolean {
    return startsWithItem(this.view, offset, end) === (littleEndian ? 'little' : 'big')
  }

  /**
   * The end of a sequence whose declared length, or that of one of its items, is too short, by walking its elements.
   * Null when they make no sense.
   */
  #walkedEnd({ offset: start, length }: DataElement, end: number, encoding: Encoding, depth: number): number | null {
    if (depth > deepestRepair) return null
    let offset = start
    while (offset < start + length) {
      if (offset + 8 > end || readTag(this.view, offset, encoding.littleEndian) !== itemTag) return null
      const itemLength = this.view.getUint32(offset + 4, encoding.littleEndian)
      offset += 8
      if (itemLength === undefinedLength) offset = this.#endOfOpen(offset, end, { kind: 'item', encoding }, depth)
      else offset = this.#endOfElements(offset, offset + itemLength, end, encoding, depth)
    }
    return offset
  }

  /** The end of the last element that starts before `declaredEnd`. */
  #endOfElements(start: number, declaredEnd: number, end: number, encoding: Encoding, depth: number): number {
    let offset = start
    while (offset < declaredEnd) offset = this.#endOf(this.#readHeader(offset, end, encoding), end, encoding, depth)
    return offset
  }

  #isZeros(offset: number): boolean {
    return this.view.getUint32(offset) === 0 && this.view.getUint32(offset + 4) === 0
  }

  /**
   * Something runs past `end`. Past an enclosing item, or in a file whose pixel data is whole, that is bad encoding
   * (a wrong length, a sequence that is never closed). Otherwise the file was cut short.
   */
  #cutShort(end: number, what: string): StudyRejectedError {
    if (end < this.#bytes.length) return malformed(`${what} is longer than what it lies in`)
    if (this.#holdsWholePixelData()) return malformed(`${what} reaches beyond the end, the pixel data does not`)
    return new StudyRejectedError('truncated', `${what} reaches beyond the end of the file`)
  }

  /** Whether pixel data runs to (nearly) the end of the file, as it does unless the file was cut. */
  #holdsWholePixelData(): boolean {
    const buffer = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    const tail = buffer.length - maximumTailBytes
    for (const { tag, littleEndian } of pixelDataTags) {
      for (let at = buffer.indexOf(tag); at >= 0 && at + 12 <= buffer.length; at = buffer.indexOf(tag, at + 4)) {
        const isExplicit = buffer[at + 4] === 0x4f && (buffer[at + 5] === 0x42 || buffer[at + 5] === 0x57)
        const start = isExplicit ? at + 12 : at + 8
        const length = this.view.getUint32(start - 4, littleEndian)
        if (length === undefinedLength && buffer.lastIndexOf(delimiterBytes) >= Math.max(start, tail)) return true
        if (length > 0 && start + length <= buffer.length && start + length >= tail) return true
      }
    }
    return false
  }
}

/**
 * What a sequence of unknown VR holds is written in implicit little endian, fragments in little endian, whatever the
 * data set is written in; the items themselves show the byte order. @see DICOM PS3.5 6.2.2 note 2, A.4
 */
function contentEncoding({ vr }: DataElement, { explicitVr }: Encoding, order: 'little' | 'big'): Encoding {
  return { explicitVr: explicitVr && vr !== 'UN', littleEndian: order === 'little' }
}

/** An attempt at a repair; null where it makes no sense of the bytes either. */
function orNull(attempt: () => number | null): number | null {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof StudyRejectedError && error.code !== 'too-complex') return null
    throw error
  }
}

const malformed = (detail: string): StudyRejectedError => new StudyRejectedError('malformed-dicom', detail)

const hexadecimal = (tag: number): string => tag.toString(16).toUpperCase().padStart(8, '0')
