import { beforeAll, describe, expect, it } from 'vitest'
import { loadCascade } from '../../lib/adapters/onnx/load-cascade.ts'
import { defaultModelsFolder } from '../../lib/embedded/package-root.ts'
import { drawPhantom } from '../../lib/phantom/draw-phantom.ts'
import type { PhantomPneumothorax } from '../../lib/phantom/phantom.ts'
import { createVariationScreener, type Screened } from '../bench/screen-variations.ts'
import type { Variation } from '../bench/vary-presentation.ts'

/* `npm run sweep` in small: the shipped classifier on one phantom, presented in ways that leave less and less to see. */

const side = 384
const plain: Variation = { bits: 12, factor: 1, offset: 0, border: '65535', borderShare: 0 }
/** Unit: logits of the probability. */
const tolerance = 0.5
const logit = (probability: number): number => Math.log(probability / (1 - probability))

type Screen = (variation: Variation) => Promise<Screened>
let screen: Screen
let screenHealthy: Screen
beforeAll(async () => {
  const cascade = await loadCascade(defaultModelsFolder, { executionProvider: 'cpu', threads: 1 })
  const screenerOf = (seed: number, pneumothorax: PhantomPneumothorax | null): Screen => {
    const { values } = drawPhantom({ seed, rows: side, columns: side, view: 'PA', sex: 'F', pneumothorax })
    const picture = { name: 'phantom', rows: side, columns: side, values: Float32Array.from(values, (v) => v / 4095) }
    return createVariationScreener(cascade, picture)
  }
  screen = screenerOf(14, { kind: 'lateral', side: 'left', extent: 'large' })
  screenHealthy = screenerOf(22, null)
})

describe('a phantom that is presented', () => {
  it.each([
    ['well', {}, 'silent'],
    ['in 16 bits', { bits: 16 }, 'silent'],
    ['in a window 3 times as wide', { factor: 3 }, 'replaced'],
    ['in a window 16 times as wide', { factor: 16 }, 'replaced'],
    ['in a window 32 times as wide', { factor: 32 }, 'replaced'],
    ['in an eighth of its window', { factor: 1 / 8 }, 'replaced'],
    ['in a 32nd of its window', { factor: 1 / 32 }, 'replaced'],
    ['in a window that is off by its width', { offset: 1 }, 'replaced'],
    ['in a window that is off by its width the other way', { offset: -1 }, 'replaced'],
    ['in 6 bits, in a window for 12', { bits: 6, factor: 64 }, 'replaced'],
    ['in a border of 65535 without a window', { borderShare: 0.45, factor: null }, 'replaced'],
    ['in a border of 0 without a window', { borderShare: 0.6, border: '0', factor: null }, 'replaced'],
    ['in a border, in a window 8 times as wide', { borderShare: 0.3, factor: 8 }, 'replaced'],
  ] as [string, Partial<Variation>, Screened['rendering']][])(
    '%s keeps its probability (%2$s)',
    async (_, variation, rendering) => {
      const screened = await screen({ ...plain, ...variation })
      expect(screened.rendering).toBe(rendering)
      expect(Math.abs(logit(screened.probability as number) - logit(screened.wellPresented))).toBeLessThan(tolerance)
    },
  )

  it('in a window 1.4 times as wide loses no suspicion, and gains some where the air shows better', async () => {
    const { rendering, probability, wellPresented } = await screen({ ...plain, factor: 1.4 })
    expect(rendering).toBe('silent')
    expect(logit(probability as number) - logit(wellPresented)).toBeGreaterThan(-tolerance)
  })

  it('healthy, in a window 1.4 times as wide, keeps its probability', async () => {
    const { rendering, probability, wellPresented } = await screenHealthy({ ...plain, factor: 1.4 })
    expect(rendering).toBe('silent')
    expect(Math.abs(logit(probability as number) - logit(wellPresented))).toBeLessThan(tolerance)
  })

  it.each([
    ['half of its window', { factor: 0.5 }],
    ['a window that is off by a quarter', { offset: 0.25 }],
  ])('in %s is warned of', async (_, variation) => {
    expect((await screen({ ...plain, ...variation })).rendering).not.toBe('silent')
  })
})
