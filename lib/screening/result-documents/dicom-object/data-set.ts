import { dictionary, type Keyword } from './dictionary.ts'

/**
 * Text holds one byte a character: what comes from the source is written as the same bytes, in the source's character
 * set, which the object declares.
 */
type Value = string | number | readonly string[] | readonly number[] | Uint8Array | readonly DataSet[]

/** A data set by keyword. An empty string or list is an attribute without value; one that is undefined is left out. */
export type DataSet = { readonly [keyword in Keyword]?: Value | undefined }

/** Value representations whose explicit length takes four bytes. @see DICOM PS3.5 7.1.2 */
const longRepresentations = new Set(['OB', 'SQ', 'UT'])
/** Padded with a null byte; all other text takes a space. @see DICOM PS3.5 6.2 */
const nullPadded = new Set(['UI', 'OB'])
const itemTag = 0xfffee000

/** Explicit VR little endian, by ascending tag. @see DICOM PS3.5 7.1 */
export function encodeDataSet(dataSet: DataSet): Buffer {
  const elements = (Object.entries(dataSet) as [Keyword, Value | undefined][])
    .filter((entry): entry is [Keyword, Value] => entry[1] !== undefined)
    .sort(([a], [b]) => (dictionary[a][0] < dictionary[b][0] ? -1 : 1))
  return Buffer.concat(elements.flatMap(([keyword, value]) => encodeElement(keyword, value)))
}

function encodeElement(keyword: Keyword, value: Value): Buffer[] {
  const [tag, vr] = dictionary[keyword]
  const body = encodeValue(vr, value)
  const padding = body.length % 2 === 1 ? Buffer.of(nullPadded.has(vr) ? 0 : 0x20) : Buffer.alloc(0)
  const length = body.length + padding.length
  const isLong = longRepresentations.has(vr)
  if (!isLong && length > 0xffff) throw new RangeError(`${keyword} takes at most 65535 bytes, not ${length}`)
  const header = Buffer.alloc(isLong ? 12 : 8)
  header.writeUInt16LE(Number.parseInt(tag.slice(0, 4), 16), 0)
  header.writeUInt16LE(Number.parseInt(tag.slice(4), 16), 2)
  header.write(vr, 4, 'latin1')
  if (isLong) header.writeUInt32LE(length, 8)
  else header.writeUInt16LE(length, 6)
  return [header, body, padding]
}

function encodeValue(vr: string, value: Value): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (vr === 'SQ') return encodeItems(value as readonly DataSet[])
  const values = (Array.isArray(value) ? value : [value]) as readonly (string | number)[]
  const write = numberWriters[vr as keyof typeof numberWriters]
  if (!write) return Buffer.from(values.join('\\'), 'latin1')
  return Buffer.concat(values.map((number) => write(Number(number))))
}

function encodeItems(items: readonly DataSet[]): Buffer {
  return Buffer.concat(
    items.flatMap((item) => {
      const content = encodeDataSet(item)
      const header = Buffer.alloc(8)
      header.writeUInt16LE(itemTag >>> 16, 0)
      header.writeUInt16LE(itemTag & 0xffff, 2)
      header.writeUInt32LE(content.length, 4)
      return [header, content]
    }),
  )
}

const numberWriters = {
  US: (value: number) => write(2, (buffer) => buffer.writeUInt16LE(value)),
  UL: (value: number) => write(4, (buffer) => buffer.writeUInt32LE(value)),
  SL: (value: number) => write(4, (buffer) => buffer.writeInt32LE(value)),
  FL: (value: number) => write(4, (buffer) => buffer.writeFloatLE(value)),
  AT: (value: number) =>
    write(4, (buffer) => {
      buffer.writeUInt16LE(value >>> 16, 0)
      buffer.writeUInt16LE(value & 0xffff, 2)
    }),
} as const

function write(bytes: number, fill: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(bytes)
  fill(buffer)
  return buffer
}
