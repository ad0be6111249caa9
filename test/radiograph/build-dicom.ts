import { deflateRawSync } from 'node:zlib'

/** Group, element, VR, value. Numbers become US, or SS where that is the VR; nested lists become items of a sequence. */
export type Element = readonly [group: number, element: number, vr: string, value: Value]
type Value = string | number | readonly number[] | Uint8Array | readonly (readonly Element[])[]

export interface DicomOptions {
  /** @default explicit little endian */
  readonly transferSyntax?: string
  /** @default true */
  readonly preamble?: boolean
  /** Leaves group 0002 out. */
  readonly bare?: boolean
  /** Instead of, or besides, those of `chestElements`; a null value takes one out. */
  readonly elements?: readonly (readonly [group: number, element: number, vr: string, value: Value | null])[]
  /** Native words or bytes; null leaves the element out. @default the ramp */
  readonly pixels?: Uint8Array | null
  /** Encapsulated fragments; a Basic Offset Table goes before them. */
  readonly fragments?: readonly Uint8Array[]
  readonly offsetTable?: Uint8Array
  readonly delimiter?: boolean
}

export const syntaxes = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  bigEndian: '1.2.840.10008.1.2.2',
  rle: '1.2.840.10008.1.2.5',
  jpegBaseline: '1.2.840.10008.1.2.4.50',
  jpegExtended: '1.2.840.10008.1.2.4.51',
  jpegLossless: '1.2.840.10008.1.2.4.70',
  jpegLs: '1.2.840.10008.1.2.4.80',
  jpegLsNear: '1.2.840.10008.1.2.4.81',
  jpeg2000: '1.2.840.10008.1.2.4.90',
  jpeg2000Lossy: '1.2.840.10008.1.2.4.91',
  htj2k: '1.2.840.10008.1.2.4.201',
} as const

export const side = 130
export const words = (values: readonly number[]): Uint8Array => {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value & 0xffff, index * 2)
  return bytes
}

/** A slanting ramp of 12-bit values. Shape: side × side. */
export const rampValues = Uint16Array.from({ length: side * side }, (_, pixel) => {
  const row = Math.floor(pixel / side)
  return (row * 17 + (pixel % side) * 13) % 4096
})

/** An upright chest of 130 × 130 pixels in 12 of 16 bits, as far as its attributes go. */
export const chestElements: readonly Element[] = [
  [0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.1'],
  [0x0008, 0x0018, 'UI', '1.2.3.4'],
  [0x0008, 0x0060, 'CS', 'CR'],
  [0x0010, 0x1010, 'AS', '064Y'],
  [0x0018, 0x0015, 'CS', 'CHEST'],
  [0x0018, 0x5101, 'CS', 'PA'],
  [0x0028, 0x0002, 'US', 1],
  [0x0028, 0x0004, 'CS', 'MONOCHROME2'],
  [0x0028, 0x0010, 'US', side],
  [0x0028, 0x0011, 'US', side],
  [0x0028, 0x0030, 'DS', '0.2\\0.2'],
  [0x0028, 0x0100, 'US', 16],
  [0x0028, 0x0101, 'US', 12],
  [0x0028, 0x0102, 'US', 11],
  [0x0028, 0x0103, 'US', 0],
]

export function buildDicom(options: DicomOptions = {}): Uint8Array {
  const { transferSyntax = syntaxes.explicit, preamble = true } = options
  const encoding = {
    explicit: transferSyntax !== syntaxes.implicit,
    big: transferSyntax === syntaxes.bigEndian,
  }
  const elements = new Map(chestElements.map((element) => [key(element), element]))
  for (const [group, number, vr, value] of options.elements ?? []) {
    const element = [group, number, vr, value as Value] as const
    if (value === null) elements.delete(key(element))
    else elements.set(key(element), element)
  }
  const sorted = [...elements.values()].sort((a, b) => key(a) - key(b))
  const body = Buffer.concat([
    ...sorted.map((element) => encodeElement(element, encoding)),
    pixelData(options, encoding),
  ])
  const dataSet = transferSyntax === syntaxes.deflated ? deflateRawSync(body) : body
  const meta = options.bare ? Buffer.alloc(0) : fileMeta(transferSyntax)
  const start = preamble && !options.bare ? [Buffer.alloc(128), Buffer.from('DICM')] : []
  return new Uint8Array(Buffer.concat([...start, meta, dataSet]))
}

const key = ([group, element]: Element): number => group * 65536 + element

function fileMeta(transferSyntax: string): Buffer {
  const little = { explicit: true, big: false }
  const uid = encodeElement([0x0002, 0x0010, 'UI', transferSyntax], little)
  return Buffer.concat([encodeElement([0x0002, 0x0000, 'UL', words([uid.length, 0])], little), uid])
}

interface Encoding {
  readonly explicit: boolean
  readonly big: boolean
}

const longRepresentations = ['OB', 'OF', 'OV', 'OW', 'SQ', 'UN', 'UT']

export function encodeElement([group, element, vr, value]: Element, encoding: Encoding): Buffer {
  const body = encodeValue(vr, value, encoding)
  return Buffer.concat([encodeHeader(group, element, vr, body.length, encoding), body])
}

export function encodeHeader(group: number, element: number, vr: string, length: number, encoding: Encoding): Buffer {
  const isLong = encoding.explicit && longRepresentations.includes(vr)
  const header = Buffer.alloc(isLong ? 12 : 8)
  const write16 = (number: number, at: number) =>
    encoding.big ? header.writeUInt16BE(number, at) : header.writeUInt16LE(number, at)
  const write32 = (number: number, at: number) =>
    encoding.big ? header.writeUInt32BE(number, at) : header.writeUInt32LE(number, at)
  write16(group, 0)
  write16(element, 2)
  if (encoding.explicit) header.write(vr, 4, 'latin1')
  if (!encoding.explicit) write32(length, 4)
  else if (isLong) write32(length, 8)
  else write16(length, 6)
  return header
}

function encodeValue(vr: string, value: Value, encoding: Encoding): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'latin1')
    return text.length % 2 === 0 ? text : Buffer.concat([text, Buffer.from(vr === 'UI' ? '\0' : ' ')])
  }
  if (value instanceof Uint8Array) return swapped(Buffer.from(value), encoding.big && vr === 'OW')
  if (typeof value === 'number') return swapped(Buffer.from(words([value])), encoding.big)
  if (value.every((part) => typeof part === 'number'))
    return swapped(Buffer.from(words(value as number[])), encoding.big)
  const items = (value as readonly (readonly Element[])[]).map((item) => {
    const body = Buffer.concat(item.map((element) => encodeElement(element, encoding)))
    return Buffer.concat([encodeHeader(0xfffe, 0xe000, '', body.length, { ...encoding, explicit: false }), body])
  })
  return Buffer.concat(items)
}

const swapped = (bytes: Buffer, isBig: boolean): Buffer => (isBig ? Buffer.from(bytes).swap16() : bytes)

function pixelData(options: DicomOptions, encoding: Encoding): Buffer {
  const { fragments, offsetTable = new Uint8Array(0), delimiter = true } = options
  if (!fragments) {
    const pixels = options.pixels === undefined ? words([...rampValues]) : options.pixels
    return pixels === null ? Buffer.alloc(0) : encodeElement([0x7fe0, 0x0010, 'OW', pixels], encoding)
  }
  const little = { explicit: false, big: false }
  const items = [offsetTable, ...fragments].flatMap((bytes) => [
    encodeHeader(0xfffe, 0xe000, '', bytes.length, little),
    bytes,
  ])
  const end = delimiter ? [encodeHeader(0xfffe, 0xe0dd, '', 0, little)] : []
  return Buffer.concat([encodeHeader(0x7fe0, 0x0010, 'OB', 0xffffffff, encoding), ...items, ...end])
}
