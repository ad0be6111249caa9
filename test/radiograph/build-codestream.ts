/** The headers of compressed frames, with nothing behind them: what must be refused before a codec sees it. */

export function jpegHeader(
  marker: number,
  {
    rows,
    columns,
    components = 1,
    precision = marker === 0xc0 || marker === 0xc2 ? 8 : 12,
  }: {
    rows: number
    columns: number
    components?: number
    precision?: number
  },
): Uint8Array {
  const frame = Buffer.alloc(10 + 3 * components)
  frame.writeUInt16BE(0xff00 | marker, 0)
  frame.writeUInt16BE(8 + 3 * components, 2)
  frame.writeUInt8(precision, 4)
  frame.writeUInt16BE(rows, 5)
  frame.writeUInt16BE(columns, 7)
  frame.writeUInt8(components, 9)
  return new Uint8Array(Buffer.concat([Buffer.from([0xff, 0xd8]), frame, Buffer.from([0xff, 0xda, 0, 2])]))
}

export function jpeg2000Header({
  rows,
  columns,
  tile = 1 << 16,
  subsampling = 1,
}: {
  rows: number
  columns: number
  tile?: number
  subsampling?: number
}): Uint8Array {
  const header = Buffer.alloc(2 + 2 + 41 + 2)
  header.writeUInt16BE(0xff4f, 0)
  header.writeUInt16BE(0xff51, 2)
  header.writeUInt16BE(41, 4)
  header.writeUInt32BE(columns, 8)
  header.writeUInt32BE(rows, 12)
  header.writeUInt32BE(rows > 65535 ? rows : tile, 24)
  header.writeUInt32BE(rows > 65535 ? rows : tile, 28)
  header.writeUInt16BE(1, 40)
  header.writeUInt8(11, 42)
  header.writeUInt8(subsampling, 43)
  header.writeUInt8(subsampling, 44)
  header.writeUInt16BE(0xff90, 45)
  return new Uint8Array(header)
}
