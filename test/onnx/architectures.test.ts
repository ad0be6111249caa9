import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { createOnnxSession } from '../../lib/adapters/onnx/create-onnx-session.ts'
import { loadCascade } from '../../lib/adapters/onnx/load-cascade.ts'
import { readBundle } from '../../lib/adapters/onnx/read-bundle.ts'
import { verifyGolden } from '../../lib/adapters/onnx/verify-golden.ts'
import type { SegmenterBundle } from '../../lib/screening/classification/model-bundle.ts'
import { isDelineated } from '../../lib/screening/finding/finding.ts'
import type { PreparedImage } from '../../lib/screening/prepared-image/prepared-image.ts'
import { type Cascade, screen } from '../../lib/screening/screen.ts'

// Tiny networks that remember eight drawn chests, made by pleura_training.make_architecture_fixtures.
const fixtures = resolve(import.meta.dirname, '../fixtures/architectures')
const cpu = { executionProvider: 'cpu' as const, threads: 1 }
const clock = { now: () => 0, monotonic: () => 0 }
const facts = { patientOrientation: ['L', 'F'] as [string, string], orientationUnusable: false, pixelSpacing: null }
const classifier = 'chexnet-densenet121'
const segmenters = [
  'unet',
  'unetplusplus-l4',
  'unetplusplus-l2',
  'double-unet-2',
  'double-unet-4',
  'unetplusplus-efficientnet-b4',
  'unet-xception',
]
const codecs = createCodecs()
afterAll(() => codecs.close())

async function load(name: string) {
  const { bundle, network } = await readBundle(join(fixtures, name))
  return { bundle, session: await createOnnxSession(network, bundle.input.name, cpu) }
}

/** One of the chests that the networks remember, and where its air is. */
async function rememberedChest(name: 'air' | 'well'): Promise<{ prepared: PreparedImage; mask: Uint8Array }> {
  const read = async (file: string) => codecs.decodeRaster(await readFile(join(fixtures, file)))
  const { rows, columns, values } = await read(`${name}.png`)
  const mask = await read(`${name}.mask.png`)
  return {
    prepared: {
      rows,
      columns,
      pixels: Uint8Array.from(values),
      source: { rows, columns },
      greyLevels: { origin: 'full-range', window: null },
      warnings: [],
    },
    mask: Uint8Array.from(mask.values, (value) => (value > 0 ? 1 : 0)),
  }
}

function dice(a: Uint8Array, b: Uint8Array): number {
  let both = 0
  let sum = 0
  for (let pixel = 0; pixel < a.length; pixel++) {
    both += a[pixel] * b[pixel]
    sum += a[pixel] + b[pixel]
  }
  return (2 * both) / sum
}

describe('the architectures of the study', () => {
  it('are all here', async () => {
    const entries = await readdir(fixtures, { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    expect(folders.sort()).toEqual([classifier, ...segmenters].sort())
  })

  it.each([classifier, ...segmenters])('%s says here what it said in Python', async (name) => {
    const { bundle, session } = await load(name)
    const checks = await verifyGolden(join(fixtures, name), bundle, session, codecs)
    expect(checks).toHaveLength(3)
    expect(checks.filter((check) => !check.passed)).toEqual([])
    await session.close()
  })

  it.each([classifier, ...segmenters])('%s takes any number of images at once', async (name) => {
    const { bundle, session } = await load(name)
    const { channels, rows, columns } = bundle.input
    const one = Float32Array.from({ length: channels * rows * columns }, (_, index) => Math.sin(index / 7))
    const single = (await session.run({ data: one, shape: [1, channels, rows, columns] })).get('logits')
    const twice = new Float32Array(2 * one.length)
    twice.set(one, one.length)
    const pair = (await session.run({ data: twice, shape: [2, channels, rows, columns] })).get('logits')
    expect(pair?.shape).toEqual([2, ...(single?.shape.slice(1) ?? [])])
    const second = pair?.data.slice(single?.data.length) ?? []
    const furthest = single?.data.reduce((worst, value, index) => Math.max(worst, Math.abs(value - second[index])), 0)
    expect(furthest).toBeLessThan(1e-4)
    await session.close()
  })

  it.each(segmenters)('%s delineates in the cascade behind the classifier', async (name) => {
    const whole = await loadCascade(fixtures, cpu)
    const own = await load(name)
    const cascade: Cascade = {
      ...whole,
      segmenter: { bundle: own.bundle as SegmenterBundle, session: own.session },
    }
    const air = await rememberedChest('air')
    const { finding } = await screen(air.prepared, facts, cascade, clock)
    if (!isDelineated(finding)) throw new Error('the remembered pneumothorax was not suspected')
    expect(finding.discordant).toBe(false)
    expect(finding.classification.classActivationMap).toMatchObject({ rows: 2, columns: 2 })
    expect(dice(finding.delineation.mask, air.mask)).toBeGreaterThan(0.7)

    const well = await rememberedChest('well')
    expect((await screen(well.prepared, facts, cascade, clock)).finding.outcome).toBe('not-suspected')
    for (const { session } of [whole.classifier, whole.segmenter, own]) await session.close()
  })

  it('gives both masks of the double U-Net', async () => {
    const { session } = await load('double-unet-2')
    const outputs = await session.run({ data: new Float32Array(3 * 64 * 64), shape: [1, 3, 64, 64] })
    expect([...outputs.keys()].sort()).toEqual(['first_logits', 'logits'])
    await session.close()
  })
})
