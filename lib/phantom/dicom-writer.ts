import { deflateRawSync } from 'node:zlib'
import { isEncapsulated, type TransferSyntax, transferSyntaxes } from './transfer-syntax.ts'

/**
 * A small writer of DICOM Part 10 files, for the attributes that phantoms have.
 * It exists because one writer had to do implicit, big endian, deflated and encapsulated alike: decision 0002.
 * @see DICOM PS3.5 7.1 and A, PS3.10 7.1
 */
export interface DicomElement {
  /** Group and element, e.g. 0x00100010. */
  readonly tag: number
  readonly vr: keyof typeof valueEncoders | 'SQ' | 'OW' | 'OB'
  /** Text and numbers, several for multi-valued attributes; items for SQ; stored bytes, little endian, for OW and OB. */
  readonly value: string | number | readonly string[] | readonly number[] | readonly DicomElement[][] | Uint8Array
}

/** The frame: stored bytes in little endian, or one compressed code stream. */
export interface DicomFrame {
  readonly bytes: Uint8Array
  readonly bitsAllocated: 8 | 16
}

const valueEncoders = {
  AE: text,
  AS: text,
  CS: text,
  DA: text,
  DS: text,
  IS: text,
  LO: text,
  LT: text,
  PN: text,
  SH: text,
  ST: text,
  TM: text,
  SS: (value: unknown, bigEndian: boolean) => numbers([Number(value) & 0xffff], 2, bigEndian),
  UI: (value: unknown) => padded(Buffer.from(joined(value), 'latin1'), 0),
  UL: (value: unknown, bigEndian: boolean) => numbers(value, 4, bigEndian),
  US: (value: unknown, bigEndian: boolean) => numbers(value, 2, bigEndian),
}

/** VRs whose explicit length takes 32 bits. @see DICOM PS3.5 7.1.2 */
const longVrs = new Set(['OB', 'OW', 'SQ', 'UN', 'UT'])
const undefinedLength = 0xffffffff

interface Encoding {
  readonly explicit: boolean
  readonly bigEndian: boolean
}

/** The complete file. Elements may come in any order; they are written by ascending tag. */
export function writeDicom(elements: readonly DicomElement[], frame: DicomFrame, syntax: TransferSyntax): Buffer {
  const encoding = { explicit: syntax !== 'implicit-little-endian', bigEndian: syntax === 'explicit-big-endian' }
  const body = Buffer.concat([encodeElements(elements, encoding), encodePixelData(frame, syntax, encoding)])
  const stored = syntax === 'deflated-explicit-little-endian' ? padded(deflateRawSync(body, { level: 6 }), 0) : body
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM', 'latin1'), fileMeta(elements, syntax), stored])
}

function fileMeta(elements: readonly DicomElement[], syntax: TransferSyntax): Buffer {
  const find = (tag: number): string => String(elements.find((element) => element.tag === tag)?.value ?? '')
  const encoding = { explicit: true, bigEndian: false }
  const rest = encodeElements(
    [
      { tag: 0x00020001, vr: 'OB', value: Uint8Array.of(0, 1) },
      { tag: 0x00020002, vr: 'UI', value: find(0x00080016) },
      { tag: 0x00020003, vr: 'UI', value: find(0x00080018) },
      { tag: 0x00020010, vr: 'UI', value: transferSyntaxes[syntax] },
      // The UUID of this writer, in decimal.
      { tag: 0x00020012, vr: 'UI', value: '2.25.189320164386914562817463920574683125074' },
      { tag: 0x00020013, vr: 'SH', value: 'PLEURA_PHANTOM' },
    ],
    encoding,
  )
  const length = encodeElements([{ tag: 0x00020000, vr: 'UL', value: rest.length }], encoding)
  return Buffer.concat([length, rest])
}

function encodeElements(elements: readonly DicomElement[], encoding: Encoding): Buffer {
  const sorted = [...elements].sort((a, b) => a.tag - b.tag)
  return Buffer.concat(sorted.map((element) => encodeElement(element, encoding)))
}

function encodeElement(element: DicomElement, encoding: Encoding): Buffer {
  const value = encodeValue(element, encoding)
  return Buffer.concat([header(element.tag, element.vr, value.length, encoding), value])
}

function encodeValue({ vr, value }: DicomElement, encoding: Encoding): Buffer {
  if (vr === 'SQ') {
    const items = (value as readonly DicomElement[][]).map((item) => {
      const content = encodeElements(item, encoding)
      return Buffer.concat([tagAndLength(0xfffee000, content.length, encoding.bigEndian), content])
    })
    return Buffer.concat(items)
  }
  if (vr === 'OB') return padded(Buffer.from(value as Uint8Array), 0)
  if (vr === 'OW') return words(Buffer.from(value as Uint8Array), encoding.bigEndian)
  return valueEncoders[vr](value, encoding.bigEndian)
}

function encodePixelData(frame: DicomFrame, syntax: TransferSyntax, encoding: Encoding): Buffer {
  const tag = 0x7fe00010
  if (!isEncapsulated(syntax)) {
    // In implicit little endian pixel data is always OW; 8-bit samples in big endian are bytes, not words.
    const vr = frame.bitsAllocated === 8 && encoding.explicit ? 'OB' : 'OW'
    return encodeElement({ tag, vr, value: frame.bytes }, encoding)
  }
  const fragment = padded(Buffer.from(frame.bytes), 0)
  return Buffer.concat([
    header(tag, 'OB', undefinedLength, encoding),
    tagAndLength(0xfffee000, 0, false),
    tagAndLength(0xfffee000, fragment.length, false),
    fragment,
    tagAndLength(0xfffee0dd, 0, false),
  ])
}

function header(tag: number, vr: string, length: number, { explicit, bigEndian }: Encoding): Buffer {
  if (!explicit) return tagAndLength(tag, length, false)
  const long = longVrs.has(vr)
  if (!long && length > 0xffff) throw new RangeError(`an explicit ${vr} takes at most 65535 bytes, not ${length}`)
  const buffer = Buffer.alloc(long ? 12 : 8)
  writeTag(buffer, tag, bigEndian)
  buffer.write(vr, 4, 'latin1')
  if (long) writeUnsigned(buffer, length, 8, 4, bigEndian)
  else writeUnsigned(buffer, length, 6, 2, bigEndian)
  return buffer
}

function tagAndLength(tag: number, length: number, bigEndian: boolean): Buffer {
  const buffer = Buffer.alloc(8)
  writeTag(buffer, tag, bigEndian)
  writeUnsigned(buffer, length, 4, 4, bigEndian)
  return buffer
}

function writeTag(buffer: Buffer, tag: number, bigEndian: boolean): void {
  writeUnsigned(buffer, tag >>> 16, 0, 2, bigEndian)
  writeUnsigned(buffer, tag & 0xffff, 2, 2, bigEndian)
}

function writeUnsigned(buffer: Buffer, value: number, offset: number, bytes: number, bigEndian: boolean): void {
  if (bigEndian) buffer.writeUIntBE(value, offset, bytes)
  else buffer.writeUIntLE(value, offset, bytes)
}

function joined(value: unknown): string {
  return Array.isArray(value) ? value.join('\\') : String(value)
}

function text(value: unknown): Buffer {
  return padded(Buffer.from(joined(value), 'latin1'), 0x20)
}

function numbers(value: unknown, bytes: 2 | 4, bigEndian: boolean): Buffer {
  const list = (Array.isArray(value) ? value : [value]) as number[]
  const buffer = Buffer.alloc(list.length * bytes)
  list.forEach((number, i) => {
    writeUnsigned(buffer, number, i * bytes, bytes, bigEndian)
  })
  return buffer
}

/** Value lengths are even. @see DICOM PS3.5 6.2 */
function padded(buffer: Buffer, filler: number): Buffer {
  return buffer.length % 2 === 0 ? buffer : Buffer.concat([buffer, Buffer.of(filler)])
}

function words(littleEndian: Buffer, bigEndian: boolean): Buffer {
  const even = padded(littleEndian, 0)
  return bigEndian ? Buffer.from(even).swap16() : even
}
