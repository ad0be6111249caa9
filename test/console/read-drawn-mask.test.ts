import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { readDrawnMask } from '../../lib/console/api/read-drawn-mask.ts'

const source = { rows: 5, columns: 7 }
const codecs = createCodecs()
afterAll(() => codecs.close())

const drawn = Uint8Array.from({ length: 35 }, (_, at) => (at % 3 === 0 ? 255 : 0))
const png = (pixels: Uint8Array, width = 7, height = 5, channels: 1 | 3 | 4 = 1): Promise<Buffer> =>
  sharp(pixels, { raw: { width, height, channels } }).png().toBuffer()
const inColours = (channels: 3 | 4): Uint8Array =>
  Uint8Array.from({ length: 35 * channels }, (_, at) => (at % channels === 3 ? 255 : drawn[Math.floor(at / channels)]))

/** A PNG that states another size than its pixels have: a bomb, if somebody believed it. */
async function claiming(width: number, height: number): Promise<Buffer> {
  const bytes = await png(drawn)
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return bytes
}

describe('readDrawnMask', () => {
  it.each<[string, () => Promise<Buffer>]>([
    ['grey', () => png(drawn)],
    ['colour, as a canvas writes it', () => png(inColours(3), 7, 5, 3)],
    ['colour with an opaque channel', () => png(inColours(4), 7, 5, 4)],
    [
      'one bit',
      () =>
        sharp(drawn, { raw: { width: 7, height: 5, channels: 1 } })
          .png({ palette: true, colours: 2 })
          .toBuffer(),
    ],
  ])('takes black and white in %s, and writes it anew', async (_, make) => {
    const mask = await readDrawnMask(await make(), source, codecs)
    expect(mask.areaPixels).toBe(12)
    const { rows, columns, values } = await codecs.decodeRaster(mask.png)
    expect({ rows, columns, values }).toEqual({ ...source, values: drawn })
    // IHDR: 8 bits, greyscale.
    expect([...mask.png.subarray(24, 26)]).toEqual([8, 0])
  })

  it('keeps nothing that was hidden in the file', async () => {
    const bytes = await sharp(drawn, { raw: { width: 7, height: 5, channels: 1 } })
      .withExif({ IFD0: { Artist: 'Doe^Jane' } })
      .png()
      .toBuffer()
    expect(bytes.includes('Doe^Jane')).toBe(true)
    const { png: kept } = await readDrawnMask(Buffer.concat([bytes, Buffer.from('<script>')]), source, codecs)
    expect(Buffer.from(kept).includes('Doe^Jane')).toBe(false)
    expect(Buffer.from(kept).includes('script')).toBe(false)
  })

  it.each<[string, string, () => Buffer | Promise<Buffer>]>([
    ['no bytes', 'mask-not-png', () => Buffer.alloc(0)],
    ['a text', 'mask-not-png', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"/>')],
    [
      'a JPEG',
      'mask-not-png',
      () =>
        sharp(drawn, { raw: { width: 7, height: 5, channels: 1 } })
          .jpeg()
          .toBuffer(),
    ],
    ['the signature of a PNG alone', 'mask-not-png', async () => (await png(drawn)).subarray(0, 8)],
    ['rows for columns', 'mask-wrong-size', () => png(drawn, 5, 7)],
    ['a row less', 'mask-wrong-size', () => png(drawn.subarray(7), 7, 4)],
    ['four milliards of rows', 'mask-wrong-size', () => claiming(7, 0xffffffff)],
    ['half of its bytes', 'mask-damaged', async () => (await png(drawn)).subarray(0, 50)],
    ['pixels that are no code', 'mask-damaged', async () => forge(await png(drawn), Buffer.from('no zlib stream'))],
    [
      'more pixels than it states',
      'mask-damaged',
      async () => forge(await png(drawn), deflateSync(Buffer.alloc(1e6, 7))),
    ],
    ['grey', 'mask-not-binary', () => png(drawn.map((value) => value / 2))],
    [
      'a colour',
      'mask-not-binary',
      () =>
        png(
          inColours(3).map((value, at) => (at % 3 === 0 ? value : 0)),
          7,
          5,
          3,
        ),
    ],
    [
      '16 bits',
      'mask-not-binary',
      () =>
        sharp(
          Uint16Array.from(drawn, (value) => value * 257),
          { raw: { width: 7, height: 5, channels: 1 } },
        )
          .toColourspace('grey16')
          .png()
          .toBuffer(),
    ],
    ['nothing drawn', 'mask-empty', () => png(new Uint8Array(35))],
  ])('refuses %s as %s', async (_, code, make) => {
    await expect(readDrawnMask(await make(), source, codecs)).rejects.toMatchObject({ code })
  })

  it.each([null, { rows: null, columns: 7 }])('refuses a mask where the picture is %j', async (unknown) => {
    await expect(readDrawnMask(await png(drawn), unknown, codecs)).rejects.toMatchObject({
      code: 'mask-without-picture',
      status: 409,
    })
  })
})

/** Puts other data into the first IDAT, its length and checksum made to fit. */
function forge(bytes: Buffer, content: Buffer): Buffer {
  const at = bytes.indexOf('IDAT') - 4
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from('IDAT'), content, Buffer.alloc(4)])
  chunk.writeUInt32BE(content.length, 0)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4)
  const end = bytes.subarray(bytes.indexOf('IEND') - 4)
  return Buffer.concat([bytes.subarray(0, at), chunk, end])
}

function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff
  for (const byte of bytes) {
    rest ^= byte
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0)
  }
  return ~rest >>> 0
}
