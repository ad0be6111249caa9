import { type RejectionCode, rejectionReasons } from '../../screening/kernel/errors.ts'
import type { ResultDocument } from '../../screening/result-documents/result-document.ts'
import type { ResultLine } from '../../screening/result-documents/result-line.ts'
import type { WorklistRow } from '../contract/worklist.ts'
import { readingPriority } from './reading-priority.ts'
import type { StudyStanding } from './study-standing.ts'

export interface RowSource {
  readonly studyId: string
  /** The newest line of this image. */
  readonly line: ResultLine
  readonly names: readonly string[]
  /** result.json as it stands; null where there is none. */
  readonly result: ResultDocument | null
  readonly isInReading: boolean
  readonly standing: StudyStanding
  /** The screening key of the result that each review was about. */
  readonly reviewedKeys: readonly (string | null)[]
}

export function buildWorklistRow(source: RowSource): WorklistRow {
  const { studyId, line, names, isInReading, standing, reviewedKeys } = source
  const result = standingResult(line, source.result)
  const isDone = reviewedKeys.includes(result?.screeningKey ?? null)
  const mark = standing.mark?.urgent ? { reader: standing.mark.reader, markedAt: standing.mark.markedAt } : null
  return {
    studyId,
    names: [...names],
    outcome: line.outcome,
    discordant: line.discordant,
    reason: reasonOf(line),
    probability: line.probability,
    threshold: result?.classification?.operatingPoint.threshold ?? null,
    side: line.side,
    viewPosition: result?.source?.viewPosition ?? null,
    ...readingPriority({
      outcome: line.outcome,
      studyOutcome: standing.study?.outcome ?? null,
      requestPriorities: standing.requestPriorities,
      isMarkedUrgent: mark !== null,
    }),
    urgentMark: mark,
    study: standing.study,
    waitingSince: result?.analysedAt ?? null,
    reading: isDone ? 'done' : isInReading ? 'in-reading' : 'unread',
    reviews: reviewedKeys.length,
  }
}

/** Where the newest attempt failed, an older result says nothing of it: 'not analysed' must not look like a finding. */
export const standingResult = (line: ResultLine, result: ResultDocument | null): ResultDocument | null =>
  result?.outcome === line.outcome ? result : null

const otherRemedies: Readonly<Record<string, string>> = {
  'system-failure':
    'The software failed over this image; it says nothing of the picture. Read it in turn and send it again.',
  'not-a-picture': 'The file is no picture, by its name and by what is in it. Send the radiograph itself.',
}

/** Why a line's image was not analysed, and what to do about it; null when it was. */
export function reasonOf({ outcome, reason }: Pick<ResultLine, 'outcome' | 'reason'>): WorklistRow['reason'] {
  if (outcome !== 'not-analysed') return null
  const code = reason ?? 'system-failure'
  const remedy = rejectionReasons[code as RejectionCode] ?? otherRemedies[code] ?? otherRemedies['system-failure']
  return { code, remedy }
}
