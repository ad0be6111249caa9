import type { StudySummary } from '../../screening/kernel/ports.ts'
import type { RequestPriority } from '../../screening/radiograph/request-priority.ts'
import type { ResultDocument } from '../../screening/result-documents/result-document.ts'
import { maximumStudyImages } from '../../screening/result-documents/study-result/roll-up-study.ts'
import type { UrgencyMark } from '../contract/urgency.ts'

/** One image of a study, as far as it says how soon the study is to be read. */
export interface StudyMember {
  /** As it stands, also where a newer attempt failed: what the file says of its order is still true. */
  readonly result: ResultDocument | null
  /** Whoever sent it asked for it to go first. */
  readonly isStatUpload: boolean
  readonly marks: readonly UrgencyMark[]
}

/** What is said of the study that an image is of, or of the image alone. */
export interface StudyStanding {
  readonly study: StudySummary | null
  readonly requestPriorities: readonly (RequestPriority | null)[]
  /** The last one; null where nobody has said anything. */
  readonly mark: UrgencyMark | null
}

/** Whether what is said of one image holds for the others: a UID that too many share names no study. */
export const isOneStudy = (study: StudySummary | null): boolean => study !== null && study.images <= maximumStudyImages

/** @param members All images of the study, or the one image that is of none. */
export function studyStandingOf(study: StudySummary | null, members: readonly StudyMember[]): StudyStanding {
  return {
    study,
    requestPriorities: members.map(({ result, isStatUpload }) =>
      isStatUpload ? 'stat' : (result?.source?.requestPriority ?? null),
    ),
    mark: members.flatMap(({ marks }) => marks).reduce<UrgencyMark | null>(laterOf, null),
  }
}

const laterOf = (a: UrgencyMark | null, b: UrgencyMark): UrgencyMark =>
  a !== null && `${a.markedAt} ${a.markId}` > `${b.markedAt} ${b.markId}` ? a : b
