import { createRandom, type SeededRandom } from '../../../lib/phantom/seeded-random.ts'
import { imageIdOf } from '../../../lib/screening/kernel/identifiers.ts'
import { drawPicture } from '../../functions/screen/draw-picture.ts'
import { buildDicom } from '../../radiograph/build-dicom.ts'

export const chaosTenants = [
  { id: 'north', lanes: ['stat' as const, 'routine' as const] },
  { id: 'plain', deliverMask: false },
  { id: 'keen', operatingPoint: 'everything' },
]

/** What becomes of an image. `lost`: its prepared study is gone when the worker comes to it. */
export type Fate = 'analysed' | 'rejected' | 'lost'

export interface PlannedUpload {
  readonly tenant: string
  readonly key: string
  readonly body: Uint8Array
  readonly imageId: string
  readonly fate: Fate
}

/** Uploads of `count` images: one in twenty is rejected, one in twenty uploaded twice, ten lose their prepared study. */
export async function planUploads(seed: number, count: number): Promise<PlannedUpload[]> {
  const random = createRandom(seed, 'uploads')
  const uploads: PlannedUpload[] = []
  for (let number = 0; number < count; number++) {
    const { id: tenant } = random.pick(chaosTenants)
    const fate: Fate = number % 20 === 0 ? 'rejected' : number % 100 === 1 ? 'lost' : 'analysed'
    const body = await drawBody(fate, number, random)
    const lane = tenant === 'north' && random.chance(0.2) ? 'stat/' : ''
    const upload = { tenant, body, imageId: imageIdOf(body), fate }
    uploads.push({ ...upload, key: `uploads/${tenant}/${lane}Röntgen + ${number}` })
    if (number % 20 === 2) uploads.push({ ...upload, key: `uploads/${tenant}/again/${number}` })
  }
  return shuffle(uploads, random)
}

async function drawBody(fate: Fate, number: number, random: SeededRandom): Promise<Uint8Array> {
  const instance: [number, number, string, string] = [0x0008, 0x0018, 'UI', `1.2.3.${number}`]
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
