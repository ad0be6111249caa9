import sharp from 'sharp'
import { createRandom } from '../../../lib/phantom/seeded-random.ts'

/** A small grey PNG of noise in coarse blocks: bright ones are suspected by the networks of test/fixtures/models. */
export async function drawPicture(seed: number, bright: boolean): Promise<Buffer> {
  const random = createRandom(seed)
  const side = 128
  const blocks = Array.from({ length: 16 * 16 }, () => (bright ? 110 : 5) + random.uniform(0, 140))
  const pixels = Uint8Array.from({ length: side * side }, (_, at) => {
    const row = Math.floor(at / side)
    return blocks[(row >> 3) * 16 + ((at % side) >> 3)]
  })
  return sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('b-w')
    .png({ compressionLevel: 2 })
    .toBuffer()
}
