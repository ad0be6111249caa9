import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { compareSamples, type Evaluation, evaluateSample } from '../../../lib/evaluation/accuracy/evaluate-results.ts'
import { buildEvaluationReport } from '../../../lib/evaluation/accuracy/evaluation-report.ts'
import { failureShelves } from '../../../lib/evaluation/accuracy/failure-gallery.ts'
import { type LoadedSample, loadSample } from '../../../lib/evaluation/accuracy/load-sample.ts'
import { measureAgreement } from '../../../lib/evaluation/accuracy/measure-agreement.ts'
import { ageBandOf } from '../../../lib/evaluation/accuracy/sub-groups.ts'
import { readAnnotations } from '../../../lib/evaluation/dataset/read-annotations.ts'
import { readLabels } from '../../../lib/evaluation/dataset/read-labels.ts'
import { hex, type SimulatedImage, simulateImages, threshold, writeRun, writeTables } from '../stored-run.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const settings = {
  resampling: { resamples: 200, seed: 1, level: 0.95 },
  prevalences: [0.05],
  operatingPoints: [{ id: 'strict', threshold: 0.6 }],
}

async function sampleOf(images: readonly SimulatedImage[], folder = temporaryFolder()): Promise<LoadedSample> {
  const tables = writeTables(join(folder, 'tables'), images)
  await writeRun(folder, images)
  return loadSample(folder, await readLabels(tables.labels), await readAnnotations(tables.rle), 'image')
}

describe('an evaluation of 120 simulated images', () => {
  const unanalysed: SimulatedImage[] = [
    { key: 'lateral', positive: true, probability: null, reason: 'lateral-view' },
    { key: 'blank', positive: false, probability: null, reason: 'blank' },
  ]
  const images = [...simulateImages(120, 7), ...unanalysed]
  let evaluation: Evaluation
  let sample: LoadedSample
  beforeAll(async () => {
    sample = await sampleOf(images)
    evaluation = evaluateSample(sample, settings)
  })

  it('counts every labelled image once', () => {
    expect(evaluation.counts).toMatchObject({ labelled: 122, analysed: 120, notAnalysed: 2, withoutResult: 0 })
    expect(evaluation.counts.reasons).toEqual({ 'lateral-view': 1, blank: 1 })
    const { positives, negatives } = evaluation.cascade
    expect(positives.total + negatives.total).toBe(122)
    expect(Object.values(positives).reduce((sum, count) => sum + count, 0)).toBe(2 * positives.total)
    expect(Object.values(negatives).reduce((sum, count) => sum + count, 0)).toBe(2 * negatives.total)
  })
  it('never takes an image that was not analysed for a negative', () => {
    const [deployed] = evaluation.operatingPoints
    const { truePositives, falseNegatives, trueNegatives, falsePositives } = deployed.matrix
    expect(truePositives + falseNegatives + trueNegatives + falsePositives).toBe(120)
    expect(deployed.worstCase.sensitivity.value).toBeCloseTo(truePositives / (truePositives + falseNegatives + 1), 12)
    expect(deployed.worstCase.specificity.value).toBeCloseTo(trueNegatives / (trueNegatives + falsePositives + 1), 12)
  })
  it('calls at the deployed operating point what the product called', () => {
    const called = images.filter(({ probability }) => probability !== null && probability >= threshold)
    const [deployed] = evaluation.operatingPoints
    expect(deployed).toMatchObject({ id: 'screening', origin: 'deployed', threshold })
    expect(deployed.matrix.truePositives + deployed.matrix.falsePositives).toBe(called.length)
    expect(evaluation.operatingPoints.map(({ id }) => id)).toContain('strict')
    expect(evaluation.problems).toEqual([])
  })
  it('has an interval around each figure, drawn by patient', () => {
    const { auc, averagePrecision, patients } = evaluation.classification
    expect(patients).toBe(61 - 1)
    for (const measure of [auc.delong, auc.bootstrap, averagePrecision]) {
      if (measure.value === null || measure.interval === null) throw new Error('undefined')
      expect(measure.interval.lower).toBeLessThanOrEqual(measure.value)
      expect(measure.interval.upper).toBeGreaterThanOrEqual(measure.value)
    }
    expect(auc.bootstrap).toMatchObject({ interval: { method: 'bootstrap by patient' } })
  })
  it('compares masks in millimetres', () => {
    const segmentation = evaluation.segmentation!
    expect(segmentation.images).toBe(120)
    expect(segmentation.positives).toBe(30)
    const mm = segmentation.hausdorff95Mm.median.value!
    expect(mm).toBeCloseTo(segmentation.hausdorff95Pixels.median.value! * 0.5, 12)
    expect(segmentation.dice.value!).toBeGreaterThan(segmentation.positiveDice.value!)
    expect(segmentation.lesions.reference).toBe(30)
  })
  it('looks at sub-groups, implausible ages apart', () => {
    const byId = Object.fromEntries(evaluation.subGroups.map(({ id, groups }) => [id, groups]))
    expect(byId.view.map(({ group }) => group)).toEqual(['AP', 'PA'])
    expect(byId.sex.map(({ group }) => group)).toEqual(['F', 'M'])
    expect(byId.age.map(({ group }) => group)).toContain('over 120 (implausible)')
    expect(byId['mask-size'].every(({ positives }) => positives > 0)).toBe(true)
    expect(byId.view.reduce((sum, group) => sum + group.images, 0)).toBe(120)
  })
  it('times the stages that ran', () => {
    expect(evaluation.time.at(-1)!.stage).toBe('total')
    expect(evaluation.time.find(({ stage }) => stage === 'segmentation')!.median).toBe(200)
  })
  it('finds the failures, worst first', () => {
    const [missed, , , alarms] = failureShelves(sample.images)
    const probabilities = missed.members.map(({ probability }) => probability)
    expect(probabilities).toEqual([...probabilities].sort((a, b) => a - b))
    expect(alarms.members.every(({ positive, called }) => called && !positive)).toBe(true)
  })
  it('writes no NaN anywhere', () => {
    const report = buildEvaluationReport({
      title: 'Test',
      models: sample.models,
      images: sample.images,
      evaluation,
      comparison: null,
      gallery: [],
      remark: null,
    })
    expect(report.page.markup).not.toMatch(/NaN|undefined<|Infinity|\[object/)
    expect(report.figures.map(({ id }) => id)).toContain('roc')
    const leaves = (value: unknown): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]
    expect(leaves(report.summary).filter((leaf) => typeof leaf === 'number' && !Number.isFinite(leaf))).toEqual([])
  })
  it('gives the same figures for the same seed', () => {
    expect(evaluateSample(sample, settings)).toEqual(evaluation)
  })
})

describe('samples with little in them', () => {
  it('says that the AUC of one class is undefined', async () => {
    const sample = await sampleOf(simulateImages(40, 1).filter(({ positive }) => !positive))
    const evaluation = evaluateSample(sample, settings)
    expect(evaluation.classification.auc.delong).toEqual({ value: null, why: 'only one class is present' })
    expect(evaluation.operatingPoints[0].sensitivity).toEqual({ value: null, why: 'no positive image' })
    const report = buildEvaluationReport({
      title: 'Test',
      models: [],
      images: sample.images,
      evaluation,
      comparison: null,
      gallery: [],
      remark: null,
    })
    expect(report.page.markup).toContain('undefined: only one class is present')
    expect(report.page.markup).not.toMatch(/NaN/)
  })
  it('bears that nothing was analysed', async () => {
    const sample = await sampleOf([{ key: 'a', positive: true, probability: null, reason: 'blank' }])
    const evaluation = evaluateSample(sample, settings)
    expect(evaluation.counts).toMatchObject({ analysed: 0, notAnalysed: 1 })
    expect(evaluation.operatingPoints[0].worstCase.sensitivity.value).toBe(0)
  })
  it('reports labelled images without a result', async () => {
    const folder = temporaryFolder()
    const images = simulateImages(20, 1)
    const tables = writeTables(join(folder, 'tables'), images)
    await writeRun(folder, images.slice(0, 12))
    const sample = await loadSample(folder, await readLabels(tables.labels), null, 'image')
    const evaluation = evaluateSample(sample, settings)
    expect(evaluation.counts).toMatchObject({ labelled: 20, analysed: 12, withoutResult: 8 })
    expect(evaluation.problems.join()).toMatch(/8 labelled images have no stored result/)
    expect(evaluation.segmentation).toBeNull()
  })
  it('does not compare a mask whose picture is gone, and says so', async () => {
    const folder = temporaryFolder()
    const images = simulateImages(20, 1, 0.6)
    const tables = writeTables(join(folder, 'tables'), images)
    await writeRun(folder, images)
    rmSync(join(folder, hex('image-0'), 'mask.png'))
    const annotations = await readAnnotations(tables.rle)
    const sample = await loadSample(folder, await readLabels(tables.labels), annotations, 'image')
    expect(sample.problems).toEqual([
      'image-0: the result speaks of a mask, but mask.png is missing; the mask is not compared',
    ])
    expect(sample.images.find(({ key }) => key === 'image-0')!.segmentation).toBeNull()
  })
  it('refuses run lengths of another grid', async () => {
    const folder = temporaryFolder()
    const images = simulateImages(8, 1, 0.6)
    const tables = writeTables(join(folder, 'tables'), images)
    await writeRun(folder, images)
    const annotations = await readAnnotations(tables.rle)
    await expect(
      loadSample(folder, await readLabels(tables.labels), annotations, { rows: 16, columns: 16 }),
    ).rejects.toThrow(/--rle-shape/)
  })
})

describe('a comparison', () => {
  it('finds the better of two runs on the same images', async () => {
    const good = await sampleOf(simulateImages(160, 3, 0.5))
    const poor = await sampleOf(simulateImages(160, 4, 0.05))
    const { paired } = compareSamples({ name: 'A', sample: good }, { name: 'B', sample: poor }, settings.resampling)
    expect(paired).toMatchObject({ images: 160, positives: 40, onlyInA: 0, onlyInB: 0 })
    expect(paired.auc!.difference).toBeGreaterThan(0.1)
    expect(paired.auc!.p).toBeLessThan(0.01)
    expect(paired.sensitivity.onlyA).toBeGreaterThan(paired.sensitivity.onlyB)
    expect(paired.positiveDice.difference.value!).toBeGreaterThan(0)
  })
  it('finds nothing between a run and itself', async () => {
    const sample = await sampleOf(simulateImages(60, 3))
    const { paired } = compareSamples({ name: 'A', sample }, { name: 'B', sample }, settings.resampling)
    expect(paired.auc).toMatchObject({ difference: 0, p: 1 })
    expect(paired.sensitivity.p).toBe(1)
    expect(paired.positiveDice.test).toBeNull()
  })
})

it('measures spacing that differs between rows and columns', () => {
  const one = new Uint8Array(100)
  const other = new Uint8Array(100)
  one[22] = 1
  other[72] = 1
  const agreement = measureAgreement(one, other, { rows: 10, columns: 10 }, { row: 2, column: 1 })
  expect(agreement).toMatchObject({ dice: 0, hausdorff95Pixels: 5, hausdorff95Mm: 10 })
})

it.each([
  [17.9, 'under 18'],
  [18, '18–39'],
  [80, '80 and over'],
  [413, 'over 120 (implausible)'],
  [null, 'not stated'],
])('puts the age %j into a band', (age, band) => {
  expect(ageBandOf(age)).toBe(band)
})
