import { afterAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { drawPhantom } from '../../lib/phantom/draw-phantom.ts'
import type { GreyImage } from '../../lib/screening/kernel/grey-image.ts'
import { looksUpright } from '../../lib/screening/prepared-image/looks-upright.ts'
import { noTurn, turnBack, turnOf } from '../../lib/screening/prepared-image/upright.ts'
import { preprocess } from '../../lib/screening/preprocess.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'

const codecs = createCodecs()
afterAll(() => codecs.close())

const side = 200
const phantoms: GreyImage[] = [1, 2, 3, 4].map((seed) => {
  const { values } = drawPhantom({ seed, rows: side, columns: side, view: seed % 2 ? 'PA' : 'AP', sex: 'M' })
  return { rows: side, columns: side, pixels: Uint8Array.from(values, (value) => value / 16) }
})
const storedAs = (image: GreyImage, orientation: readonly [string, string]): GreyImage => ({
  ...image,
  pixels: turnBack(image.pixels, image, turnOf(orientation)),
})

describe('a phantom', () => {
  it('looks upright', () => {
    expect(phantoms.map((phantom) => looksUpright(phantom, noTurn))).toEqual([true, true, true, true])
  })

  it.each([
    ['upside down', ['R', 'H']],
    ['upside down and mirrored', ['L', 'H']],
    ['on its left side', ['H', 'L']],
    ['on its right side', ['F', 'R']],
  ] as const)('that is stored %s looks upright only if the file says so', (_, orientation) => {
    const stored = phantoms.map((phantom) => storedAs(phantom, orientation))
    expect(stored.map((image) => looksUpright(image, noTurn))).toEqual([false, false, false, false])
    expect(stored.map((image) => looksUpright(image, turnOf(orientation)))).toEqual([true, true, true, true])
  })

  it('that is a negative does not', () => {
    const negatives = phantoms.map((image) => ({ ...image, pixels: image.pixels.map((grey) => 255 - grey) }))
    expect(negatives.map((image) => looksUpright(image, noTurn))).toEqual([false, false, false, false])
  })

  it.each([
    ['as it is', phantoms[0], false],
    ['upside down', storedAs(phantoms[0], ['R', 'H']), true],
  ])('sent %s is warned of: %2$s', async (_, image, isDoubtful) => {
    const png = await codecs.encodeGreyPng(image)
    const { prepared } = await preprocess(png, codecs, defaultSuitabilityPolicy, systemClock)
    expect(prepared.warnings.includes('chest-doubtful')).toBe(isDoubtful)
  })
})
