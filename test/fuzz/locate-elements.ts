/** Where an element's length and value lie in a little-endian file. */
export interface Located {
  readonly lengthAt: number
  readonly lengthBytes: 2 | 4
  readonly valueAt: number
  readonly length: number
}

const longRepresentations = ['OB', 'OW', 'OF', 'OD', 'OV', 'SQ', 'UC', 'UN', 'UR', 'UT']

/** The first place that looks like the element, by its tag alone: what a mutation needs, no more. */
export function locateElement(file: Uint8Array, group: number, element: number): Located | null {
  const tag = Buffer.from([group & 0xff, group >> 8, element & 0xff, element >> 8])
  const buffer = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const at = buffer.indexOf(tag)
  if (at < 0 || at + 12 > file.length) return null
  const representation = buffer.toString('latin1', at + 4, at + 6)
  if (longRepresentations.includes(representation)) return locate(buffer, at + 8, 4)
  if (/^[A-Z]{2}$/.test(representation)) return locate(buffer, at + 6, 2)
  return locate(buffer, at + 4, 4)
}

function locate(buffer: Buffer, lengthAt: number, lengthBytes: 2 | 4): Located {
  const length = lengthBytes === 2 ? buffer.readUInt16LE(lengthAt) : buffer.readUInt32LE(lengthAt)
  return { lengthAt, lengthBytes, valueAt: lengthAt + lengthBytes, length }
}

/** The items of encapsulated pixel data, the offset table first; none where it is native. */
export function locateFragments(file: Uint8Array): Located[] {
  const pixelData = locateElement(file, 0x7fe0, 0x0010)
  if (pixelData?.length !== 0xffffffff) return []
  const buffer = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const items: Located[] = []
  for (let at = pixelData.valueAt; at + 8 <= file.length && buffer.readUInt32BE(at) === 0xfeff00e0; ) {
    const item = locate(buffer, at + 4, 4)
    items.push(item)
    at = item.valueAt + item.length
  }
  return items
}
