import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ReadingStatements, readingPriority } from '../../lib/console/api/reading-priority.ts'
import { studyStandingOf } from '../../lib/console/api/study-standing.ts'
import type { UrgencyMark } from '../../lib/console/contract/urgency.ts'
import { requestPriorities } from '../../lib/screening/radiograph/request-priority.ts'
import { studyOutcomes } from '../../lib/screening/result-documents/study-result/study-result.ts'

const outcomes = ['suspected', 'not-suspected', 'not-analysed'] as const
const statements: fc.Arbitrary<ReadingStatements> = fc.record({
  outcome: fc.constantFrom(...outcomes),
  studyOutcome: fc.constantFrom(...studyOutcomes, null),
  requestPriorities: fc.array(fc.constantFrom(...requestPriorities, null), { maxLength: 4 }),
  isMarkedUrgent: fc.boolean(),
})
const rankOf = (said: ReadingStatements): number =>
  ['in-turn', 'first', 'urgent'].indexOf(readingPriority(said).priority)

describe('how soon an image is to be read', () => {
  it('is never lowered by what a model says, whatever people said', () => {
    fc.assert(
      fc.property(statements, (said) => {
        const unasked = { ...said, outcome: 'not-analysed', studyOutcome: null } as const
        expect(rankOf(said)).toBeGreaterThanOrEqual(rankOf(unasked))
      }),
    )
  })

  it('is urgent where a reader says so, whatever else is said', () => {
    fc.assert(
      fc.property(statements, (said) => {
        expect(readingPriority({ ...said, isMarkedUrgent: true }).priority).toBe('urgent')
      }),
    )
  })

  it('is never in turn where it was ordered as urgent, or is suspected in any image of the study', () => {
    fc.assert(
      fc.property(statements, (said) => {
        expect(rankOf({ ...said, outcome: 'suspected' })).toBeGreaterThan(0)
        expect(rankOf({ ...said, studyOutcome: 'suspected' })).toBeGreaterThan(0)
        expect(rankOf({ ...said, requestPriorities: [...said.requestPriorities, 'stat'] })).toBeGreaterThan(0)
      }),
    )
  })

  it('is not lowered by one more reason, nor by an order that is not urgent', () => {
    fc.assert(
      fc.property(statements, fc.constantFrom(...requestPriorities), (said, priority) => {
        const more = { ...said, requestPriorities: [...said.requestPriorities, priority] }
        expect(rankOf(more)).toBeGreaterThanOrEqual(rankOf(said))
        expect(rankOf({ ...said, outcome: 'suspected' })).toBeGreaterThanOrEqual(rankOf(said))
      }),
    )
  })

  it('is told with its reasons: none stands in turn with one, or before others without', () => {
    fc.assert(
      fc.property(statements, (said) => {
        const { priority, priorityReasons } = readingPriority(said)
        expect(priority === 'in-turn').toBe(priorityReasons.length === 0)
      }),
    )
  })

  it.each([
    ['not analysed, of no study', { outcome: 'not-analysed' }, 'in-turn', []],
    ['not suspected, of an incomplete study', { studyOutcome: 'incomplete' }, 'in-turn', []],
    ['not suspected, of a suspected study', { studyOutcome: 'suspected' }, 'first', ['suspected-in-study']],
    ['ordered at once, not suspected', { requestPriorities: ['stat'] }, 'first', ['ordered-urgent']],
    ['of low priority, but suspected', { outcome: 'suspected', requestPriorities: ['low'] }, 'first', ['suspected']],
    [
      'ordered as urgent, and suspected',
      { outcome: 'suspected', requestPriorities: ['high'] },
      'urgent',
      ['ordered-urgent', 'suspected'],
    ],
  ] as const)('of one %s', (_, change, priority, priorityReasons) => {
    const said: ReadingStatements = {
      outcome: 'not-suspected',
      studyOutcome: null,
      requestPriorities: [],
      isMarkedUrgent: false,
    }
    expect(readingPriority({ ...said, ...change })).toEqual({ priority, priorityReasons })
  })
})

describe('what is said of a study', () => {
  const mark = (markedAt: string, urgent: boolean, markId = '1'): UrgencyMark => ({
    reader: 'A',
    urgent,
    markId,
    studyId: 'a'.repeat(32),
    markedAt,
  })
  const member = (...marks: UrgencyMark[]) => ({ result: null, isStatUpload: false, marks })

  it('is its last mark, whatever the order and the image in which they are found', () => {
    const marks = [
      mark('2026-01-01T00:00:00Z', true),
      mark('2026-01-02T00:00:00Z', false),
      mark('2026-01-02T00:00:00Z', true, '2'),
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(marks, { minLength: 3 }), fc.integer({ min: 0, max: 3 }), (found, at) => {
        const members = [member(...found.slice(0, at)), member(...found.slice(at))]
        expect(studyStandingOf(null, members).mark).toBe(marks[2])
      }),
    )
    expect(studyStandingOf(null, [member()]).mark).toBeNull()
  })

  it('is urgent where one image was sent to go first', () => {
    const { requestPriorities } = studyStandingOf(null, [member(), { ...member(), isStatUpload: true }])
    expect(requestPriorities).toEqual([null, 'stat'])
  })
})
