import { describe, expect, it } from 'vitest'
import { buildOperations } from '../../lib/console/api/build-operations.ts'
import type { ScreenedRow } from '../../lib/console/api/console-ports.ts'
import { operations } from '../../lib/console/contract/operations.ts'
import type { Review } from '../../lib/console/contract/review.ts'
import type { WorklistRow } from '../../lib/console/contract/worklist.ts'

const now = Date.parse('2026-11-27T12:00:00Z')
const hour = 3_600_000
const ago = (hours: number): string => new Date(now - hours * hour).toISOString()
const model = { id: 'classifier', version: '0.4.0', sha256: 'a'.repeat(64) }

let number = 0
function screened(row: Partial<WorklistRow>, change: Partial<ScreenedRow> = {}): ScreenedRow {
  const studyId = (number++).toString(16).padStart(32, '0')
  const whole: WorklistRow = {
    studyId,
    names: ['a.dcm'],
    outcome: 'not-suspected',
    discordant: false,
    reason: null,
    probability: 0.01,
    threshold: 0.05,
    side: null,
    viewPosition: 'PA',
    priority: row.outcome === 'suspected' ? 'first' : 'in-turn',
    priorityReasons: [],
    urgentMark: null,
    study: null,
    waitingSince: ago(1),
    reading: 'unread',
    reviews: 0,
    ...row,
  }
  return { row: whole, models: [model], timingsMs: {}, ...change }
}
const reason = (code: string) =>
  ({ outcome: 'not-analysed', reason: { code, remedy: 'do so' }, probability: null }) as const
const reviewOf = ({ row: { studyId } }: ScreenedRow, reviewedAt: string) => ({ studyId, reviewedAt }) as Review
const build = (rows: ScreenedRow[], reviews: Review[] = []) =>
  operations.parse({ ...buildOperations(rows, reviews, 2, now), usage: null })

describe('buildOperations', () => {
  it('tells since when what nobody has reviewed waits, the suspected apart', () => {
    const { waiting } = build([
      screened({ outcome: 'suspected', waitingSince: ago(3) }),
      screened({ outcome: 'suspected', waitingSince: ago(9), reading: 'done' }),
      screened({ waitingSince: ago(1) }),
      screened({ waitingSince: ago(5), reading: 'in-reading' }),
    ])
    expect(waiting.first).toEqual({ images: 1, medianMs: 3 * hour, p95Ms: 3 * hour, longestMs: 3 * hour })
    expect(waiting.inTurn).toMatchObject({ images: 2, medianMs: 3 * hour, longestMs: 5 * hour })
  })

  it('counts by day, and no day twice', () => {
    const rows = [screened({}), screened({ outcome: 'suspected' }), screened(reason('truncated'))]
    const { days } = build(
      [...rows, screened({ waitingSince: ago(24) }), screened({ waitingSince: ago(2400) })],
      [reviewOf(rows[0], ago(0))],
    )
    expect(days).toHaveLength(14)
    expect(days[0]).toEqual({ day: '2026-11-27', analysed: 2, suspected: 1, rejected: 1, reviews: 1 })
    expect(days[1]).toEqual({ day: '2026-11-26', analysed: 1, suspected: 0, rejected: 0, reviews: 0 })
    expect(days.reduce((sum, { analysed }) => sum + analysed, 0)).toBe(3)
  })

  it('tells failures of the system from rejections, which say something of the file', () => {
    const failed = screened({ ...reason('system-failure'), waitingSince: null })
    const told = build([
      failed,
      screened(reason('truncated')),
      screened(reason('truncated')),
      screened(reason('blank')),
    ])
    expect(told.failures).toEqual([failed.row.studyId])
    expect(told.undated).toBe(1)
    expect(told.rejections.map(({ code, images }) => [code, images])).toEqual([
      ['truncated', 2],
      ['blank', 1],
    ])
  })

  it('takes the first review of a result for its turnaround, and none from before it', () => {
    const [read, earlier] = [screened({ waitingSince: ago(10) }), screened({ waitingSince: ago(10) })]
    const reviews = [reviewOf(read, ago(2)), reviewOf(read, ago(6)), reviewOf(earlier, ago(20))]
    expect(build([read, earlier], reviews).turnaround).toMatchObject({ images: 1, medianMs: 4 * hour })
    expect(build([read], []).turnaround).toBeNull()
  })

  it('names every model with its digest, the one used last first', () => {
    const older = { ...model, version: null, sha256: 'b'.repeat(64) }
    const { models } = build([
      screened({ waitingSince: ago(50) }, { models: [older] }),
      screened({ waitingSince: ago(1) }),
      screened({ waitingSince: ago(2) }),
    ])
    expect(models.map(({ version, images, lastAt }) => [version, images, lastAt])).toEqual([
      ['0.4.0', 2, ago(1)],
      [null, 1, ago(50)],
    ])
  })

  it('tells how long the stages took', () => {
    const { stages } = build([screened({}, { timingsMs: { decode: 10 } }), screened({}, { timingsMs: { decode: 30 } })])
    expect(stages).toEqual([{ stage: 'decode', spread: { images: 2, medianMs: 20, p95Ms: 29, longestMs: 30 } }])
  })

  it('rings for a stream that has changed, and for none that is only small', () => {
    const before = Array.from({ length: 60 }, () => screened({ waitingSince: ago(24 * 20) }))
    const since = (count: number) =>
      Array.from({ length: count }, () => screened({ outcome: 'suspected', probability: 0.9, waitingSince: ago(3) }))
    const { alarms, reference, current } = build([...before, ...since(60)]).drift
    expect([reference.images, current.images]).toEqual([60, 60])
    expect(alarms).toContain('Suspected, of analysed')
    const few = build([...before, ...since(5)]).drift
    expect(few.alarms).toEqual([])
    expect(few.tests.every(({ status }) => status === 'not-tested')).toBe(true)
  })

  it('says nothing of an empty list', () => {
    expect(build([])).toMatchObject({ images: 0, setAside: 2, turnaround: null, rejections: [], models: [] })
  })
})
