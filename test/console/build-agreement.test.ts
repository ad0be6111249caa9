import { describe, expect, it } from 'vitest'
import { buildAgreement } from '../../lib/console/api/build-agreement.ts'
import { agreement } from '../../lib/console/contract/agreement.ts'
import type { Review } from '../../lib/console/contract/review.ts'
import type { WorklistRow } from '../../lib/console/contract/worklist.ts'
import { wilsonInterval } from '../../lib/evaluation/metrics/wilson-interval.ts'

type Said = [study: string, outcome: Review['outcome'], word: Review['pneumothorax'], reviewer?: string, day?: string]

const reviewsOf = (...said: Said[]): Review[] =>
  said.map(([study, outcome, pneumothorax, reviewer = 'A', day = '2026-11-25'], at) => ({
    reviewId: '00000000-0000-4000-8000-000000000000',
    studyId: study,
    screeningKey: null,
    outcome,
    pneumothorax,
    reviewer,
    agreement: 'agree',
    side: null,
    note: '',
    mask: null,
    reviewedAt: `${day}T08:00:${String(at).padStart(2, '0')}.000Z`,
  }))
const build = (said: Said[], per: 'week' | 'month' = 'week', rows: Partial<WorklistRow>[] = []) =>
  agreement.parse(buildAgreement(reviewsOf(...said), rows as WorklistRow[], per))
const matrixOf = (said: Said[]): number[] => {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = build(said).everybody.all
  return [truePositives, falsePositives, trueNegatives, falseNegatives]
}

describe('buildAgreement', () => {
  it('counts what was suspected against what readers see', () => {
    const said: Said[] = [
      ['a', 'suspected', 'present'],
      ['b', 'suspected', 'absent'],
      ['c', 'not-suspected', 'absent'],
      ['d', 'not-suspected', 'absent'],
      ['e', 'not-suspected', 'present'],
    ]
    expect(matrixOf(said)).toEqual([1, 1, 2, 1])
    const { all } = build(said).everybody
    const { lower, upper } = wilsonInterval(2, 3, 0.95)!
    expect(all.specificity).toEqual({ value: 2 / 3, lower, upper, images: 3 })
    expect(all.sensitivity).toMatchObject({ value: 1 / 2, images: 2 })
    expect(all.positivePredictiveValue).toMatchObject({ value: 1 / 2, images: 2 })
    expect(all.negativePredictiveValue).toMatchObject({ value: 2 / 3, images: 3 })
  })

  it('tells no figure of no image', () => {
    const { all } = build([['a', 'suspected', 'present']]).everybody
    expect(all.specificity).toEqual({ value: null, lower: null, upper: null, images: 0 })
    expect(build([]).everybody).toMatchObject({ periods: [], all: { sensitivity: { value: null } } })
  })

  it("counts a reader's last word only, and an image of several readers once", () => {
    expect(
      matrixOf([
        ['a', 'suspected', 'absent', 'A'],
        ['a', 'suspected', 'present', 'A'],
        ['a', 'suspected', 'present', 'B'],
      ]),
    ).toEqual([1, 0, 0, 0])
  })

  it.each<[string, Said[], object]>([
    [
      'readers differ',
      [
        ['a', 'suspected', 'present', 'A'],
        ['a', 'suspected', 'absent', 'B'],
      ],
      { differing: 1, undecided: 0, notAnalysed: 0 },
    ],
    ['nobody decides', [['a', 'suspected', 'undecided']], { differing: 0, undecided: 1, notAnalysed: 0 }],
    // 'Not analysed' is no negative: it is neither right nor wrong.
    ['nothing was analysed', [['a', 'not-analysed', 'present']], { differing: 0, undecided: 0, notAnalysed: 1 }],
  ])('leaves out, and counts apart, where %s', (_, said, left) => {
    expect(matrixOf(said)).toEqual([0, 0, 0, 0])
    expect(build(said).left).toEqual(left)
  })

  it('holds each reader to their own words, also where another differs', () => {
    const { reviewers } = build([
      ['a', 'suspected', 'present', 'B'],
      ['a', 'suspected', 'absent', 'A'],
      ['b', 'not-suspected', 'absent', 'A'],
    ])
    expect(reviewers.map(({ reviewer, all }) => [reviewer, all.truePositives, all.falsePositives])).toEqual([
      ['A', 0, 1],
      ['B', 1, 0],
    ])
  })

  it('takes the outcome of the result that was reviewed last', () => {
    expect(
      matrixOf([
        ['a', 'not-suspected', 'present', 'A', '2026-11-02'],
        ['a', 'suspected', 'present', 'B', '2026-11-20'],
      ]),
    ).toEqual([1, 0, 0, 0])
  })

  it.each([
    ['week', ['2025-12-29', '2026-11-23', '2026-11-30']],
    ['month', ['2026-01-01', '2026-11-01', '2026-12-01']],
  ] as const)('goes by %s of the last word, a Sunday with the Monday before it', (per, starts) => {
    const said: Said[] = [
      ['d', 'suspected', 'present', 'A', '2026-12-01'],
      ['a', 'suspected', 'present', 'A', '2026-11-23'],
      ['b', 'suspected', 'absent', 'A', '2026-11-29'],
      ['c', 'suspected', 'present', 'A', '2026-01-04'],
    ]
    const { periods } = build(said, per).everybody
    expect(periods.map(({ from }) => from)).toEqual(starts)
    expect(periods[1]).toMatchObject({ truePositives: 1, falsePositives: 1 })
  })

  it('says how much of the list was read, by outcome', () => {
    const rows = [
      { studyId: 'a', outcome: 'suspected' as const },
      { studyId: 'b', outcome: 'not-suspected' as const },
      { studyId: 'c', outcome: 'not-suspected' as const },
    ]
    expect(build([['a', 'suspected', 'present']], 'week', rows).read).toEqual([
      { outcome: 'suspected', images: 1, read: 1 },
      { outcome: 'not-suspected', images: 2, read: 0 },
      { outcome: 'not-analysed', images: 0, read: 0 },
    ])
  })
})
