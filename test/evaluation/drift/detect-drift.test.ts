import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { detectDrift } from '../../../lib/evaluation/drift/detect-drift.ts'
import { buildDriftReport, driftSummary } from '../../../lib/evaluation/drift/drift-report.ts'
import { readPeriod } from '../../../lib/evaluation/drift/period.ts'
import type { Period } from '../../../lib/evaluation/drift/summarise-period.ts'
import { createSeededRandom } from '../../../lib/evaluation/metrics/seeded-random.ts'
import { simulateImages, writeRun } from '../stored-run.ts'
import { temporaryFolder } from '../temporary-folder.ts'

function period(seed: number, changes: Partial<Period> & { shift?: number } = {}): Period {
  const random = createSeededRandom(seed)
  const { shift = 0, ...rest } = changes
  const draw = (count: number, scale: number, from: number) =>
    Array.from({ length: count }, () => from + scale * random())
  return {
    name: `period ${seed}`,
    images: 420,
    suspected: 80,
    discordant: 8,
    notAnalysed: 20,
    probabilities: draw(400, 0.6, 0.1).map((p) => Math.min(1, p + shift)),
    reasons: { 'lateral-view': 12, blank: 8 },
    views: { PA: 250, AP: 150 },
    greyMeans: draw(400, 60, 90),
    greyDeviations: draw(400, 20, 40),
    models: ['model-a'],
    problems: [],
    ...rest,
  }
}

describe('two periods', () => {
  it('of the same stream ring no alarm', () => {
    const drift = detectDrift(period(1), period(2))
    expect(drift.alarms).toEqual([])
    expect(drift.tests.find(({ figure }) => figure === 'rejection-reasons')!.status).toBe('not-tested')
  })
  it.each([
    ['probabilities', { shift: 0.25 }, ['probability-histogram', 'probability-distribution']],
    ['the suspected rate', { suspected: 160 }, ['suspected-rate']],
    ['the share that is not analysed', { notAnalysed: 80 }, ['not-analysed-rate']],
    ['the views', { views: { PA: 120, AP: 280 } }, ['view-mix']],
    ['the grey levels', { greyMeans: Array.from({ length: 400 }, (_, at) => 120 + (at % 60)) }, ['grey-mean']],
  ])('ring when there is a change of %s', (_, changes, alarms) => {
    expect(detectDrift(period(1), period(2, changes)).alarms).toEqual(expect.arrayContaining(alarms))
  })
  it('ring for other reasons of refusal', () => {
    const many = { notAnalysed: 60, reasons: { 'lateral-view': 55, blank: 5 } }
    const other = { notAnalysed: 60, reasons: { 'lateral-view': 10, blank: 50 } }
    expect(detectDrift(period(1, many), period(2, other)).alarms).toEqual(['rejection-reasons'])
  })
  it('do not ring for a difference that is certain but small', () => {
    const huge = { images: 200_000, notAnalysed: 0, suspected: 40_000 }
    const drift = detectDrift(period(1, huge), period(1, { ...huge, suspected: 41_500 }))
    const rate = drift.tests.find(({ figure }) => figure === 'suspected-rate')!
    expect(rate.p).toBeLessThan(1e-6)
    expect(rate.status).toBe('calm')
  })
  it('are not tested when they are too small', () => {
    const small = {
      probabilities: [0.1, 0.2],
      images: 2,
      notAnalysed: 0,
      suspected: 0,
      views: {},
      greyMeans: [],
      greyDeviations: [],
    }
    const drift = detectDrift(period(1), period(2, small))
    expect(drift.alarms).toEqual([])
    expect(drift.tests.every(({ status }) => status === 'not-tested')).toBe(true)
  })
  it('say when the models differ', () => {
    expect(detectDrift(period(1), period(2, { models: ['model-b'] })).problems[0]).toMatch(/different models/)
  })
  it('are reported as a page and as figures for an alarm', () => {
    const drift = detectDrift(period(1), period(2, { shift: 0.25 }))
    const report = buildDriftReport(drift)
    expect(report.page.markup).toContain('Alarm: probabilities')
    expect(report.page.markup).not.toMatch(/NaN|undefined/)
    expect(driftSummary(drift)).toMatchObject({ alarm: true })
    expect(driftSummary(drift).figures.map(({ name }) => name)).toHaveLength(9)
  })
})

it('reads a period from stored results, copies once', async () => {
  const folder = join(temporaryFolder(), 'run')
  const images = [...simulateImages(20, 1), { key: 'side', positive: false, probability: null, reason: 'lateral-view' }]
  await writeRun(folder, [...images, images[0]])
  const read = await readPeriod(folder, null)
  expect(read).toMatchObject({
    images: 21,
    notAnalysed: 1,
    reasons: { 'lateral-view': 1 },
    models: [`model-a ${'a'.repeat(12)}`],
  })
  expect(read.probabilities).toHaveLength(20)
  expect(Object.values(read.views).reduce((sum, count) => sum + count, 0)).toBe(20)
})
