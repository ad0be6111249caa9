import { describe, expect, it } from 'vitest'
import { buildLabelTable } from '../../lib/console/api/build-label-table.ts'
import { buildWorklistRow } from '../../lib/console/api/build-worklist-row.ts'
import { labelNames } from '../../lib/console/api/label-names.ts'
import { byStudy, commonWord, lastWordsOf } from '../../lib/console/api/last-words.ts'
import type { Review } from '../../lib/console/contract/review.ts'
import { type WorklistRow, worklistRow } from '../../lib/console/contract/worklist.ts'
import { duration, percent } from '../../lib/console/page/format.ts'
import { defaultFilter, type WorklistFilter, worklistOrder } from '../../lib/console/page/worklist/worklist-order.ts'
import { rejectionReasons } from '../../lib/screening/kernel/errors.ts'
import { buildResultLine, failedLine } from '../../lib/screening/result-documents/result-line.ts'
import { buildRejectedResult } from '../cli/build-rejected-result.ts'

const id = (digit: string): string => digit.repeat(32)
const row = (studyId: string, change: Partial<WorklistRow> = {}): WorklistRow => ({
  studyId: id(studyId),
  names: [`${studyId}.dcm`],
  outcome: 'not-suspected',
  discordant: false,
  reason: null,
  probability: 0.01,
  threshold: 0.03,
  side: null,
  viewPosition: 'PA',
  priority: 'in-turn',
  priorityReasons: [],
  urgentMark: null,
  study: null,
  waitingSince: '2026-11-27T08:00:00.000Z',
  reading: 'unread',
  reviews: 0,
  ...change,
})
const suspected = { outcome: 'suspected', priority: 'first', probability: 0.5 } as const
const order = (rows: WorklistRow[], filter: Partial<WorklistFilter> = {}): string =>
  worklistOrder(rows, { ...defaultFilter, ...filter })
    .map(({ studyId }) => studyId[0])
    .join('')

describe('the worklist', () => {
  it('starts with what is suspected and waits longest, and ends with what is done', () => {
    const rows = [
      row('a'),
      row('b', { ...suspected, waitingSince: '2026-11-27T09:00:00.000Z' }),
      row('c', { ...suspected, waitingSince: '2026-11-27T07:00:00.000Z' }),
      row('d', { ...suspected, reading: 'done' }),
      row('e', { waitingSince: '2026-11-27T06:00:00.000Z' }),
    ]
    expect(order(rows)).toBe('cbead')
  })

  it('starts with what is urgent, however long others wait', () => {
    const rows = [row('a', suspected), row('b', { priority: 'urgent', waitingSince: '2026-11-27T09:00:00.000Z' })]
    expect(order(rows)).toBe('ba')
  })

  it('takes what waits since nobody knows when for waiting longest', () => {
    expect(order([row('a'), row('b', { waitingSince: null })])).toBe('ba')
  })

  it('does not put what was not analysed below low probabilities', () => {
    const rows = [row('a', { probability: 0.9 }), row('b', { outcome: 'not-analysed', probability: null })]
    expect(order(rows, { order: 'probability' })).toBe('ba')
  })

  const all = [
    row('a', { ...suspected, discordant: true }),
    row('b', { ...suspected, names: ['Second.DCM'], viewPosition: 'AP' }),
    row('c', { reading: 'done', viewPosition: null }),
    row('d', { outcome: 'not-analysed', reason: { code: 'truncated', remedy: '' }, waitingSince: null }),
    row('e', { outcome: 'not-analysed', reason: { code: 'unreadable', remedy: '' } }),
  ]
  it.each<[string, Partial<WorklistFilter>, string]>([
    ['what is suspected with a region', { outcome: 'suspected' }, 'b'],
    ['what is discordant', { outcome: 'discordant' }, 'a'],
    ['what was not analysed', { outcome: 'not-analysed' }, 'de'],
    ['what was not analysed for one reason', { outcome: 'not-analysed:truncated' }, 'd'],
    ['one view', { view: 'AP' }, 'b'],
    ['views that the file does not say', { view: 'unknown' }, 'c'],
    ['what is done', { reading: 'done' }, 'c'],
    ['the start of an id', { text: 'bbbb' }, 'b'],
    ['a part of a file name in any case', { text: 'second' }, 'b'],
    ['a day, and what waits since nobody knows when', { since: '2026-12-01' }, 'd'],
  ])('can be narrowed to %s', (_, filter, expected) => {
    expect(order(all, filter)).toBe(expected)
  })
})

describe('buildWorklistRow', () => {
  const rejected = buildRejectedResult(id('a'), 'truncated')
  const source = {
    studyId: id('a'),
    names: ['a.dcm'],
    line: buildResultLine('in/a.dcm', rejected),
    result: rejected,
    isInReading: false,
    standing: { study: null, requestPriorities: [], mark: null },
    reviewedKeys: [],
  }

  it('tells the remedy of a rejection', () => {
    const built = worklistRow.parse(buildWorklistRow(source))
    expect(built.reason).toEqual({ code: 'truncated', remedy: rejectionReasons.truncated })
  })

  it('says that a failure of the system says nothing of the picture', () => {
    const line = failedLine('in/a.dcm', id('a'), 'system-failure')
    const built = worklistRow.parse(buildWorklistRow({ ...source, line, result: null }))
    expect(built.reason?.remedy).toMatch(/says nothing of the picture/)
    expect(built).toMatchObject({ outcome: 'not-analysed', waitingSince: null })
  })

  it('shows nothing of an older result where the newest attempt has failed', () => {
    const line = failedLine('in/a.dcm', id('a'), 'system-failure')
    const older = { ...rejected, outcome: 'not-suspected' as const, reason: null }
    expect(buildWorklistRow({ ...source, line, result: older })).toMatchObject({
      outcome: 'not-analysed',
      threshold: null,
    })
  })

  it.each([
    ['unread', [], false, 'unread'],
    ['in reading', [], true, 'in-reading'],
    ['done once this result was reviewed', [rejected.screeningKey], false, 'done'],
    ['open again where only an earlier result was reviewed', ['earlier'], false, 'unread'],
  ] as const)('is %s', (_, reviewedKeys, isInReading, reading) => {
    expect(buildWorklistRow({ ...source, reviewedKeys, isInReading }).reading).toBe(reading)
  })
})

describe('buildLabelTable', () => {
  const review = (change: Partial<Review>): Review => ({
    reviewId: 'e7a1cf4e-7d4a-4c6e-9a52-5a4f1f0ad9a1',
    studyId: id('a'),
    screeningKey: null,
    outcome: 'suspected',
    reviewedAt: '2026-11-27T08:00:00.000Z',
    reviewer: 'A. Reader',
    agreement: 'agree',
    pneumothorax: 'present',
    side: 'left',
    note: '',
    mask: null,
    ...change,
  })
  const table = (...reviews: Review[]): string[] =>
    buildLabelTable(lastWordsOf(reviews), new Map([[id('a'), 'chest.dcm']]))
      .trim()
      .split('\n')
      .slice(1)

  it.each([
    ['present', '1'],
    ['absent', '0'],
    ['undecided', 'u'],
  ] as const)('writes %s as %s', (pneumothorax, label) => {
    expect(table(review({ pneumothorax, side: null }))[0]).toMatch(new RegExp(`^chest\\.dcm,${label},,`))
  })

  it("keeps a reader's last word, and both of two readers", () => {
    const lines = table(review({}), review({ pneumothorax: 'absent', side: null }), review({ reviewer: 'B. Reader' }))
    expect(lines.map((line) => line.split(',').slice(1, 4))).toEqual([
      ['0', '', 'A. Reader'],
      ['1', 'left', 'B. Reader'],
    ])
  })

  it('keeps quotes and line ends in their cell, and formulas from being one', () => {
    expect(table(review({ note: '=SUM(1),"x"' }))[0]).toMatch(/,"'=SUM\(1\),""x"""$/)
  })

  it('names the mask that a reader has drawn', () => {
    const mask = { areaPixels: 5, sha256: 'f'.repeat(64) }
    expect(table(review({ mask }))[0]).toMatch(/,e7a1cf4e-7d4a-4c6e-9a52-5a4f1f0ad9a1\.png,$/)
  })

  it.each([
    ['one word of two readers', ['present', 'present'], 'present'],
    ['no word where they differ', ['present', 'undecided'], null],
  ] as const)('finds %s', (_, words, expected) => {
    const reviews = words.map((pneumothorax, at) => review({ pneumothorax, reviewer: `${at}` }))
    expect(commonWord(byStudy(lastWordsOf(reviews)).get(id('a'))!)).toBe(expected)
  })

  it('names a study that has gone by its id', () => {
    expect(buildLabelTable([review({ studyId: id('b') })], new Map())).toContain(`\n${id('b')},1`)
  })
})

describe('labelNames', () => {
  it.each([
    ['its file', ['chest.dcm'], 'chest.dcm'],
    ['its id where another image has the name, whatever its ending', ['other.png'], id('a')],
    ['its id where a spreadsheet would take the name for a formula', ['-1.dcm'], id('a')],
    ['its id where nobody knows the name', [], id('a')],
  ])('names an image by %s', (_, names, expected) => {
    const studies = [
      { studyId: id('a'), names },
      { studyId: id('b'), names: ['other.dcm'] },
    ]
    expect(labelNames(studies).get(id('a'))).toBe(expected)
  })
})

describe('the words of the page', () => {
  it.each([
    [0.0729, '7.3 %'],
    [0.3044, '30 %'],
    [0, '0.0 %'],
  ])('write %d as %s', (share, words) => {
    expect(percent(share)).toBe(words)
  })

  it.each([
    [-5, '0 s'],
    [59_000, '59 s'],
    [61_000, '1 min'],
    [3 * 3_600_000 + 1_200_000, '3 h 20 min'],
    [50 * 3_600_000, '2 d'],
  ])('write %d ms as %s', (ms, words) => {
    expect(duration(ms)).toBe(words)
  })
})
