import { describe, expect, it } from 'vitest'
import { calibratedProbability } from '../lib/screening/classification/classify.ts'
import { buildInputTensor } from '../lib/screening/classification/input-tensor.ts'
import { isDelineated } from '../lib/screening/finding/finding.ts'
import type { InferenceSession } from '../lib/screening/kernel/ports.ts'
import type { Tensor } from '../lib/screening/kernel/tensor.ts'
import type { PreparedImage } from '../lib/screening/prepared-image/prepared-image.ts'
import { noTurn } from '../lib/screening/prepared-image/upright.ts'
import { type Cascade, inMode, screen } from '../lib/screening/screen.ts'
import { classifierBundle, segmenterBundle } from './classification/bundles.ts'

const clock = { now: () => 0, monotonic: () => 0 }
const facts = { patientOrientation: ['L', 'F'] as [string, string], orientationUnusable: false, pixelSpacing: null }

function preparedImage(pixels: number[], rows: number, columns: number, source = { rows, columns }): PreparedImage {
  return {
    rows,
    columns,
    pixels: Uint8Array.from(pixels),
    source,
    greyLevels: { origin: 'full-range', window: null },
    warnings: [],
  }
}
const flat = preparedImage(new Array(16).fill(100), 4, 4, { rows: 8, columns: 8 })

/** A session that answers with fixed values and keeps what it was asked. */
function fakeSession(name: string, values: number[]): InferenceSession & { inputs: Tensor[] } {
  const inputs: Tensor[] = []
  return {
    inputs,
    async run(input) {
      inputs.push(input)
      return new Map([[name, { data: Float32Array.from(values), shape: [1, 1, 4, 4] }]])
    },
    async close() {},
  }
}

/** Air in the two upper pixels of the left column: logits 4 there, −4 elsewhere. */
const airTopLeft = Array.from({ length: 16 }, (_, index) => (index === 0 || index === 4 ? 4 : -4))
const noAir = new Array(16).fill(-4)

function cascadeOf(logit: number, map: number[], operatingPoint = 0) {
  const classifier = fakeSession('logits', [logit])
  const segmenter = fakeSession('map', map)
  const cascade: Cascade = {
    classifier: { bundle: classifierBundle, session: classifier },
    segmenter: { bundle: segmenterBundle, session: segmenter },
    operatingPoint: classifierBundle.operatingPoints[operatingPoint],
  }
  return { cascade, classifier, segmenter }
}

describe('the cascade', () => {
  it('asks the segmenter only when the classifier reaches its operating point', async () => {
    const { cascade, segmenter } = cascadeOf(-3, airTopLeft)
    const { finding } = await screen(flat, facts, cascade, clock)
    expect(finding.outcome).toBe('not-suspected')
    expect(segmenter.inputs).toHaveLength(0)
  })

  it('holds the calibrated probability, not the raw one, against the threshold', async () => {
    // sigmoid(−1.5) = 0.18 is below 0.3; with temperature 2, sigmoid(−0.75) = 0.32 is above.
    const { finding } = await screen(flat, facts, cascadeOf(-1.5, airTopLeft).cascade, clock)
    expect(finding.outcome).toBe('suspected')
    expect(finding.outcome !== 'not-suspected' && finding.classification.probability).toBeCloseTo(0.3208, 4)
    expect((await screen(flat, facts, cascadeOf(-1.5, airTopLeft, 1).cascade, clock)).finding.outcome).toBe(
      'not-suspected',
    )
  })

  it('is positive exactly at the threshold', async () => {
    const logit = 2 * Math.log(0.3 / 0.7)
    const { cascade } = cascadeOf(logit, airTopLeft)
    const threshold = calibratedProbability(Math.fround(logit), classifierBundle.calibration)
    const exact = { ...cascade, operatingPoint: { ...cascade.operatingPoint, threshold } }
    expect((await screen(flat, facts, exact, clock)).finding.outcome).toBe('suspected')
  })

  it('delineates in the geometry of the source, not of the prepared image', async () => {
    const { finding } = await screen(flat, facts, cascadeOf(3, airTopLeft).cascade, clock)
    if (!isDelineated(finding)) throw new Error('expected a suspected finding')
    expect(finding.discordant).toBe(false)
    expect(finding.delineation.mask).toHaveLength(64)
    expect(finding.delineation.side).toBe('right')
    expect(finding.delineation.boundingBox).toEqual({ row: 0, column: 0, rows: 4, columns: 2 })
  })

  it('asks a network that is both only once', async () => {
    const inputs: Tensor[] = []
    const session: InferenceSession = {
      async run(input) {
        inputs.push(input)
        const tensor = (values: number[]): Tensor => ({ data: Float32Array.from(values), shape: [1, values.length] })
        return new Map([
          ['logits', tensor([3])],
          ['map', tensor(airTopLeft)],
        ])
      },
      async close() {},
    }
    const { input, sha256 } = classifierBundle
    const joint: Cascade = {
      ...cascadeOf(3, airTopLeft).cascade,
      classifier: { bundle: classifierBundle, session },
      segmenter: { bundle: { ...segmenterBundle, input, sha256 }, session },
    }
    const { finding } = await screen(flat, facts, joint, clock)
    expect(finding.outcome).toBe('suspected')
    expect(isDelineated(finding) && finding.delineation.side).toBe('right')
    expect(inputs).toHaveLength(1)
    await screen(flat, facts, joint, clock)
    expect(inputs).toHaveLength(2)
  })

  it('stays suspected, marked discordant, when the segmenter finds nothing', async () => {
    const { finding } = await screen(flat, facts, cascadeOf(3, noAir).cascade, clock)
    expect(finding).toMatchObject({ outcome: 'suspected', discordant: true })
  })

  it('runs no segmenter in triage mode and keeps no map: a flag without a place', async () => {
    const { cascade, segmenter } = cascadeOf(3, airTopLeft)
    const { finding } = await screen(flat, facts, inMode(cascade, 'triage'), clock)
    expect(finding).toMatchObject({ outcome: 'suspected', delineation: null, discordant: false })
    expect(finding.classification.classActivationMap).toBeNull()
    expect(segmenter.inputs).toEqual([])
    const whole = await screen(flat, facts, inMode(cascade, 'full'), clock)
    expect(isDelineated(whole.finding)).toBe(true)
  })

  it('turns a mirrored radiograph upright for the networks and its mask back', async () => {
    const rising = preparedImage(
      Array.from({ length: 16 }, (_, index) => index * 10),
      4,
      4,
    )
    const { cascade, classifier } = cascadeOf(3, airTopLeft)
    const mirrored = { ...facts, patientOrientation: ['R', 'F'] as [string, string] }
    const { finding } = await screen(rising, mirrored, cascade, clock)
    expect([...classifier.inputs[0].data.slice(0, 4)].map((v) => Math.round((v * 0.25 + 0.5) * 255))).toEqual([
      30, 20, 10, 0,
    ])
    if (!isDelineated(finding)) throw new Error('expected a suspected finding')
    expect(finding.delineation.boundingBox).toEqual({ row: 0, column: 3, rows: 2, columns: 1 })
    expect(finding.delineation.side).toBe('right')
  })

  it('tells no side where the orientation cannot be understood', async () => {
    const unknown = { ...facts, patientOrientation: null, orientationUnusable: true }
    const { finding } = await screen(flat, unknown, cascadeOf(3, airTopLeft).cascade, clock)
    if (!isDelineated(finding)) throw new Error('expected a suspected finding')
    expect(finding.delineation.side).toBeNull()
    expect(finding.delineation.boundingBox).not.toBeNull()
  })

  it.each([
    ['NaN', [Number.NaN], noAir],
    ['infinite', [Number.POSITIVE_INFINITY], noAir],
    ['of another length', [1, 2], noAir],
  ])('fails, and finds nothing, when the logit is %s', async (_, logits, map) => {
    const { cascade } = cascadeOf(0, map)
    const broken = { ...cascade, classifier: { ...cascade.classifier, session: fakeSession('logits', logits) } }
    await expect(screen(flat, facts, broken, clock)).rejects.toThrow(/test-classifier/)
  })

  it.each([
    ['holds NaN', [Number.NaN, ...noAir.slice(1)]],
    ['has another size', [1, 2, 3]],
  ])('fails, and finds nothing, when the probability map %s', async (_, map) => {
    await expect(screen(flat, facts, cascadeOf(3, map).cascade, clock)).rejects.toThrow(/test-segmenter/)
  })

  it('fails when the network lacks the output that its bundle declares', async () => {
    const { cascade } = cascadeOf(3, noAir)
    const broken = { ...cascade, classifier: { ...cascade.classifier, session: fakeSession('other', [1]) } }
    await expect(screen(flat, facts, broken, clock)).rejects.toThrow(/no output 'logits'/)
  })
})

describe('the input tensor', () => {
  it('is stretched, scaled to 0–1 and normalised', () => {
    const tensor = buildInputTensor(preparedImage([0, 255, 255, 0], 2, 2), noTurn, {
      ...classifierBundle.input,
      rows: 1,
      columns: 2,
    })
    expect(tensor.shape).toEqual([1, 1, 1, 2])
    expect([...tensor.data]).toEqual([0, 0])
  })

  it('repeats grey for three channels, each with its own mean and deviation', () => {
    const input = {
      ...classifierBundle.input,
      rows: 1,
      columns: 1,
      channels: 3 as const,
      mean: [0, 0.5, 1],
      std: [1, 0.5, 0.25],
    }
    const tensor = buildInputTensor(preparedImage([255], 1, 1), noTurn, input)
    expect([...tensor.data]).toEqual([1, 1, 0])
  })
})
