import { describe, expect, it } from 'vitest'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import type { PixelCodecs } from '../../lib/screening/kernel/ports.ts'
import { decodeJpeg } from '../../lib/screening/radiograph/decode-jpeg.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { jpegHeader } from './build-codestream.ts'
import { noCodecs } from './no-codecs.ts'

const size = { rows: 130, columns: 140 }
const end = Uint8Array.of(0xff, 0xd9)
const file = (marker: number, options: object = {}, ...rest: Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat([jpegHeader(marker, { ...size, ...options }), new Uint8Array(64), ...rest]))
const damaged: PixelCodecs = {
  ...noCodecs,
  decodeRaster: () => Promise.reject(new StudyRejectedError('corrupt-pixel-data', 'the picture cannot be decoded')),
}

describe('a JPEG file', () => {
  it.each([
    ['JPEG-LS', file(0xf7, {}, end), 'unsupported-transfer-syntax'],
    ['JPEG lossless', file(0xc3, { precision: 16 }, end), 'unsupported-transfer-syntax'],
    ['a lossy JPEG of 10 bits', file(0xc1, { precision: 10 }, end), 'unsupported-transfer-syntax'],
    ['12 bits in colour', file(0xc1, { components: 3 }, end), 'unsupported-photometric'],
    ['12 bits without an end', file(0xc1), 'truncated'],
    ['12 bits of 65,535 × 65,535 pixels', file(0xc1, { rows: 65535, columns: 65535 }, end), 'too-large'],
  ])('of %s is refused before a codec sees it', async (_, jpeg, code) => {
    await expect(decodeJpeg(jpeg, noCodecs, defaultSuitabilityPolicy)).rejects.toMatchObject({ code })
  })

  it.each([
    ['a hierarchical process is said to be one', file(0xc5, {}, end), 'unsupported-transfer-syntax'],
    ['8 bits is damaged', file(0xc0, {}, end), 'corrupt-pixel-data'],
    ['a progressive process is damaged', file(0xc2, {}, end), 'corrupt-pixel-data'],
    ['no known header is damaged', Uint8Array.from([0xff, 0xd8, 0xff, ...new Array(40).fill(0)]), 'corrupt-pixel-data'],
  ])('of %s where its codec fails', async (_, jpeg, code) => {
    await expect(decodeJpeg(jpeg, damaged, defaultSuitabilityPolicy)).rejects.toMatchObject({ code })
  })

  it('is left to the codec of pictures where that reads it', async () => {
    const raster = { ...size, values: new Uint8Array(2), bitsStored: 8, colourful: false, isDamaged: false } as const
    const codecs: PixelCodecs = { ...noCodecs, decodeRaster: () => Promise.resolve(raster) }
    expect(await decodeJpeg(file(0xc2, {}, end), codecs, defaultSuitabilityPolicy)).toBe(raster)
  })
})
