import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'

const codecs = createCodecs()
afterAll(() => codecs.close())

const [columns, rows] = [150, 140]
const grey = Uint8Array.from(
  { length: rows * columns },
  (_, pixel) => (Math.floor(pixel / columns) + (pixel % columns)) % 256,
)
const raw = { width: columns, height: rows }
const rgb = (of: (value: number) => number[]): Buffer => Buffer.from(Array.from(grey, of).flat())
const greyPicture = () => sharp(grey, { raw: { ...raw, channels: 1 } }).toColourspace('b-w')
const picture = (of: (value: number) => number[]) =>
  sharp(rgb(of), { raw: { ...raw, channels: of(0).length as 3 | 4 } })
const cutAndEnded = (jpeg: Buffer) => Buffer.concat([jpeg.subarray(0, -200), jpeg.subarray(-2)])
const photograph = () => picture((value) => [value, 255 - value, 40])

describe('a picture', () => {
  it.each([
    ['an 8-bit PNG', () => greyPicture().png()],
    ['an RGB PNG of grey', () => picture((value) => [value, value, value]).png()],
    ['a PNG with transparency', () => picture((value) => [value, value, value, value]).png()],
  ])('is read from %s', async (_, encoded) => {
    const { values, bitsStored, colourful, ...size } = await codecs.decodeRaster(await encoded().toBuffer())
    expect({ ...size, bitsStored, colourful }).toEqual({
      rows,
      columns,
      bitsStored: 8,
      colourful: false,
      isDamaged: false,
    })
    expect(values).toEqual(grey)
  })

  it('is read from a palette PNG', async () => {
    const four = Uint8Array.from(grey, (value) => 85 * (value >> 6))
    const png = await sharp(four, { raw: { ...raw, channels: 1 } })
      .png({ palette: true, colours: 4, dither: 0 })
      .toBuffer()
    expect((await codecs.decodeRaster(png)).values).toEqual(four)
  })

  it('is read from a 16-bit PNG', async () => {
    const words = Uint16Array.from(grey, (value) => value * 250 + 3)
    const png = await sharp(words, { raw: { ...raw, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer()
    const { values, bitsStored } = await codecs.decodeRaster(png)
    expect(bitsStored).toBe(16)
    expect(values).toEqual(words)
  })

  it('is read from a JPEG to within its loss', async () => {
    const { values } = await codecs.decodeRaster(await greyPicture().jpeg({ quality: 95 }).toBuffer())
    expect(Math.max(...values.map((value, pixel) => Math.min(Math.abs(value - grey[pixel]), 20)))).toBeLessThanOrEqual(
      20,
    )
    expect(values.length).toBe(grey.length)
  })

  it.each([
    [3, (row: number, column: number) => (rows - 1 - row) * columns + columns - 1 - column, false],
    [6, (row: number, column: number) => (rows - 1 - column) * columns + row, true],
  ])('is turned upright by EXIF orientation %d', async (orientation, source, isTurned) => {
    const png = await greyPicture().withMetadata({ orientation }).png().toBuffer()
    const turned = await codecs.decodeRaster(png)
    expect([turned.rows, turned.columns]).toEqual(isTurned ? [columns, rows] : [rows, columns])
    const expected = Uint8Array.from(
      { length: grey.length },
      (_, pixel) => grey[source(Math.floor(pixel / turned.columns), pixel % turned.columns)],
    )
    expect(turned.values).toEqual(expected)
  })

  it('in colour is told from one of grey, a coloured mark left aside', async () => {
    expect((await codecs.decodeRaster(await photograph().png().toBuffer())).colourful).toBe(true)
    const marked = rgb((value) => [value, value, value])
    marked.fill(Buffer.from([255, 0, 0]), 0, 3 * 100)
    const png = await sharp(marked, { raw: { ...raw, channels: 3 } })
      .png()
      .toBuffer()
    expect((await codecs.decodeRaster(png)).colourful).toBe(false)
  })

  it.each([
    ['a PNG cut short', async () => (await greyPicture().png().toBuffer()).subarray(0, -20), 'truncated'],
    ['a JPEG cut short', async () => (await greyPicture().jpeg().toBuffer()).subarray(0, -200), 'truncated'],
    [
      'a grey JPEG cut short and ended again',
      async () => cutAndEnded(await greyPicture().jpeg().toBuffer()),
      'corrupt-pixel-data',
    ],
    [
      'a colour JPEG cut short and ended again',
      async () => cutAndEnded(await photograph().jpeg().toBuffer()),
      'corrupt-pixel-data',
    ],
    [
      'a JPEG with zeros in its middle',
      async () => {
        const whole = await greyPicture().jpeg({ quality: 100 }).toBuffer()
        return whole.fill(0, whole.length >> 1, (whole.length >> 1) + 300)
      },
      'corrupt-pixel-data',
    ],
    [
      'a PNG with damaged pixels',
      async () => (await greyPicture().png().toBuffer()).fill(0x55, 80, 200),
      'corrupt-pixel-data',
    ],
    [
      'a PNG signature and no more',
      async () => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]),
      'corrupt-pixel-data',
    ],
    ['a WebP', async () => greyPicture().webp().toBuffer(), 'not-an-image'],
    ['a colour photograph', async () => photograph().jpeg().toBuffer(), 'not-a-frontal-chest'],
    ['a thumbnail', async () => greyPicture().resize(100, 100).png().toBuffer(), 'too-small'],
  ])('is rejected if it is %s', async (_, encoded, code) => {
    const decoded = codecs.decodeRaster(await encoded()).then(async () => decodeRadiograph(await encoded(), codecs))
    await expect(decoded).rejects.toMatchObject({ name: 'StudyRejectedError', code })
  })

  it('above the limit is rejected before it is decoded', async () => {
    const bomb = await sharp({ create: { width: 9000, height: 9000, channels: 3, background: '#808080' } })
      .png()
      .toBuffer()
    await expect(codecs.decodeRaster(bomb, { maximumPixels: 64_000_000 })).rejects.toMatchObject({ code: 'too-large' })
  })

  it('knows nothing of the acquisition', async () => {
    const { facts, warnings } = await decodeRadiograph(await greyPicture().png().toBuffer(), codecs)
    expect(facts).toMatchObject({ format: 'png', modality: null, pixelSpacing: null, bitsStored: 8 })
    expect(warnings).toEqual(['no-acquisition-facts', 'spacing-unknown', 'age-unknown'])
  })
})

it('writes a grey PNG that reads back the same', async () => {
  const png = await codecs.encodeGreyPng({ rows, columns, pixels: grey })
  expect((await sharp(png).metadata()).channels).toBe(1)
  expect((await codecs.decodeRaster(png)).values).toEqual(grey)
})
