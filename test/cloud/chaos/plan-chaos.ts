import sharp from 'sharp'
import { createRandom, type SeededRandom } from '../../../lib/phantom/seeded-random.ts'
import { imageIdOf } from '../../../lib/screening/kernel/identifiers.ts'
import { drawPicture } from '../../functions/screen/draw-picture.ts'
import { buildDicom } from '../../radiograph/build-dicom.ts'

export const chaosTenants = [
  { id: 'north', lanes: ['stat' as const, 'routine' as const] },
  { id: 'plain', deliverMask: false },
  { id: 'keen', operatingPoint: 'everything' },
]

/**
 * What becomes of an image. `lost`: its prepared study is gone when the worker comes to it. `poison`: it ends the worker
 * that screens it.
 */
export type Fate = 'analysed' | 'rejected' | 'lost' | 'poison'

export interface PlannedUpload {
  readonly tenant: string
  readonly key: string
  readonly body: Uint8Array
  readonly imageId: string
  readonly fate: Fate
}

/**
 * Uploads of `count` images: one in twenty is rejected, one in twenty uploaded twice, one in a hundred loses its prepared
 * study, three are poison.
 */
export async function planUploads(seed: number, count: number): Promise<PlannedUpload[]> {
  const random = createRandom(seed, 'uploads')
  const uploads: PlannedUpload[] = []
  for (let number = 0; number < count; number++) {
    const { id: tenant } = random.pick(chaosTenants)
    const fate = fateOf(number)
    const body = await drawBody(fate, number, random)
    const lane = tenant === 'north' && random.chance(0.2) ? 'stat/' : ''
    const upload = { tenant, body, imageId: imageIdOf(body), fate }
    uploads.push({ ...upload, key: `uploads/${tenant}/${lane}Röntgen + ${number}` })
    if (number % 20 === 2) uploads.push({ ...upload, key: `uploads/${tenant}/again/${number}` })
  }
  return shuffle(uploads, random)
}

function fateOf(number: number): Fate {
  if ([7, 47, 87].includes(number)) return 'poison'
  if (number % 20 === 0) return 'rejected'
  return number % 100 === 1 ? 'lost' : 'analysed'
}

/** Upright stripes from edge to edge, and no two alike: what crash-on-poison.mjs looks for. */
async function drawPoison(number: number): Promise<Uint8Array> {
  const side = 128
  const pixels = Uint8Array.from({ length: side * side }, (_, at) => 20 + 6 * Math.abs((at % 64) - 32))
  pixels.fill(number, 0, 16)
  return sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer()
}

async function drawBody(fate: Fate, number: number, random: SeededRandom): Promise<Uint8Array> {
  const instance: [number, number, string, string] = [0x0008, 0x0018, 'UI', `1.2.3.${number}`]
  if (fate === 'poison') return drawPoison(number)
  if (fate === 'rejected') {
    return number % 40 === 0
      ? new TextEncoder().encode(`letter ${number}`)
      : buildDicom({ elements: [instance, [0x0018, 0x5101, 'CS', 'LL']] })
  }
  return number % 10 === 3 ? buildDicom({ elements: [instance] }) : drawPicture(number, random.chance(0.5))
}

export function shuffle<T>(items: readonly T[], random: SeededRandom): T[] {
  const shuffled = [...items]
  for (let at = shuffled.length - 1; at > 0; at--) {
    const other = random.integer(0, at)
    ;[shuffled[at], shuffled[other]] = [shuffled[other], shuffled[at]]
  }
  return shuffled
}
