import { describe, expect, it } from 'vitest'
import {
  changedImages,
  compareRuns,
  type Outcome,
  type ReplayedImage,
  type RunResult,
} from '../../../lib/evaluation/replay/compare-runs.ts'
import { buildReplayReport } from '../../../lib/evaluation/replay/replay-report.ts'
import { areSameBundles } from '../../../lib/evaluation/replay/same-bundles.ts'

const run = (outcome: Outcome, changes: Partial<RunResult> = {}): RunResult => ({
  outcome,
  reason: outcome === 'not-analysed' ? 'truncated' : null,
  discordant: false,
  probability: outcome === 'not-analysed' ? null : outcome === 'suspected' ? 0.8 : 0.2,
  side: null,
  timingsMs: { total: 100 },
  ...changes,
})

const image = (name: string, before: RunResult, after: RunResult, dice: number | null = null): ReplayedImage => ({
  imageId: name.repeat(32),
  input: `${name}.dcm`,
  before,
  after,
  dice,
})

const images = [
  image('a', run('suspected', { side: 'left' }), run('suspected', { side: 'right', probability: 0.9 }), 0.25),
  image('b', run('suspected', { side: 'left' }), run('suspected', { side: 'left' }), 0.75),
  image('c', run('suspected'), run('not-suspected')),
  image('d', run('not-suspected'), run('suspected', { discordant: true })),
  image('e', run('not-suspected'), run('not-analysed')),
  image('f', run('not-analysed'), run('not-suspected')),
  image('1', run('not-analysed'), run('not-analysed', { reason: 'system-failure' })),
]

describe('what changed between two runs', () => {
  it('is counted with those not analysed apart', () => {
    const comparison = compareRuns(images)
    expect(comparison.transitions).toEqual([
      { from: 'suspected', to: 'suspected', images: 2 },
      { from: 'suspected', to: 'not-suspected', images: 1 },
      { from: 'not-suspected', to: 'suspected', images: 1 },
      { from: 'not-suspected', to: 'not-analysed', images: 1 },
      { from: 'not-analysed', to: 'not-suspected', images: 1 },
      { from: 'not-analysed', to: 'not-analysed', images: 1 },
    ])
    expect(comparison.newlyNotAnalysed).toEqual([{ reason: 'truncated', images: 1 }])
    expect(comparison.newlyAnalysed).toEqual([{ reason: 'truncated', images: 1 }])
    // Of four that both analysed; one was suspected by each alone: two fair coins, no more than chance.
    expect(comparison.calls).toMatchObject({ images: 4, suspectedBefore: 3, suspectedAfter: 3, discordantAfter: 1 })
    expect(comparison.calls.test).toMatchObject({ onlyA: 1, onlyB: 1 })
    expect(comparison.calls.test.p).toBeCloseTo(1, 12)
  })

  it('is the difference of probabilities of images that both analysed, and Dice of those both delineated', () => {
    const { probabilityDifference, masks } = compareRuns(images)
    expect(probabilityDifference!.mean).toBeCloseTo((0.1 + 0 - 0.6 + 0.6) / 4, 12)
    expect(probabilityDifference!.least).toBeCloseTo(-0.6, 12)
    expect(probabilityDifference!.greatest).toBeCloseTo(0.6, 12)
    expect(masks).toMatchObject({ images: 2, sideChanged: 1, dice: { mean: 0.5, least: 0.25, greatest: 0.75 } })
  })

  it('is nothing at all, and no NaN, where there is nothing', () => {
    const comparison = compareRuns([])
    expect(comparison).toMatchObject({ images: 0, transitions: [], probabilityDifference: null, masks: { dice: null } })
    const none = { modelsBefore: [], modelsAfter: ['x'], leftOut: 0, withoutResult: 0, neverRead: 0 }
    const { page, summary } = buildReplayReport({ ...none, images: [], accuracy: null, problems: [] })
    expect(page.markup + JSON.stringify(summary)).not.toMatch(/NaN|undefined/)
  })

  it('lists what nobody analysed any more first, then the largest change', () => {
    expect(changedImages(images).map(({ input }) => input)).toEqual(['e.dcm', 'f.dcm', 'c.dcm', 'd.dcm'])
  })

  it('is reported with names escaped', () => {
    const none = { modelsBefore: ['<b>'], modelsAfter: ['x'], leftOut: 0, withoutResult: 0, neverRead: 0 }
    const { page } = buildReplayReport({ ...none, images, accuracy: null, problems: ['<script>'] })
    expect(page.markup).not.toMatch(/<b>|<script>/)
  })
})

describe('bundles', () => {
  const now = { classifier: 'a', segmenter: 'b', threshold: 0.3 }
  it.each([
    ['the same', [{ digests: ['a', 'b'], threshold: 0.3 }], true],
    ['the same, of which some results know no threshold', [{ digests: ['a', 'b'], threshold: null }], true],
    ['the same in triage mode', [{ digests: ['a'], threshold: 0.3 }], true],
    ['the same at another threshold', [{ digests: ['a', 'b'], threshold: 0.2 }], false],
    ['another classifier', [{ digests: ['c', 'b'], threshold: 0.3 }], false],
    ['another segmenter', [{ digests: ['a', 'c'], threshold: 0.3 }], false],
    [
      'the same for some results alone',
      [
        { digests: ['a', 'b'], threshold: 0.3 },
        { digests: ['c', 'b'], threshold: 0.3 },
      ],
      false,
    ],
    ['unknown', [{ digests: [], threshold: null }], false],
  ])('that are %s', (_, before, same) => {
    expect(areSameBundles(before, now)).toBe(same)
  })
})
