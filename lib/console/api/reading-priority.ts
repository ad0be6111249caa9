import type { RequestPriority } from '../../screening/radiograph/request-priority.ts'
import type { StudyOutcome } from '../../screening/result-documents/study-result/study-result.ts'
import type { WorklistRow } from '../contract/worklist.ts'

/** What is known of how soon an image is to be read. */
export interface ReadingStatements {
  readonly outcome: WorklistRow['outcome']
  /** Of its study; null where it is of none. */
  readonly studyOutcome: StudyOutcome | null
  /** What the orders of its study, or of the image alone, say. */
  readonly requestPriorities: readonly (RequestPriority | null)[]
  readonly isMarkedUrgent: boolean
}

const urgentOrders: readonly (RequestPriority | null)[] = ['stat', 'high']

/**
 * How soon an image is to be read, and why. What a model says can raise it and never lower it: it stands beside what people
 * said, as one reason more. 'Not analysed' is no reason, neither for nor against.
 */
export function readingPriority({
  outcome,
  studyOutcome,
  requestPriorities,
  isMarkedUrgent,
}: ReadingStatements): Pick<WorklistRow, 'priority' | 'priorityReasons'> {
  const isOrderedUrgent = requestPriorities.some((priority) => urgentOrders.includes(priority))
  const isSuspected = outcome === 'suspected' || studyOutcome === 'suspected'
  return {
    priority:
      isMarkedUrgent || (isOrderedUrgent && isSuspected)
        ? 'urgent'
        : isOrderedUrgent || isSuspected
          ? 'first'
          : 'in-turn',
    priorityReasons: [
      ...(isMarkedUrgent ? (['marked-urgent'] as const) : []),
      ...(isOrderedUrgent ? (['ordered-urgent'] as const) : []),
      ...(outcome === 'suspected' ? (['suspected'] as const) : isSuspected ? (['suspected-in-study'] as const) : []),
    ],
  }
}
