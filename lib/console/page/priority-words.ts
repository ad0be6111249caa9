import type { WorklistRow } from '../contract/worklist.ts'

export const priorityWords: Record<WorklistRow['priority'], string> = {
  urgent: 'urgent',
  first: 'first',
  'in-turn': 'in turn',
}

const reasonWords: Record<WorklistRow['priorityReasons'][number], string> = {
  'marked-urgent': 'marked as urgent',
  'ordered-urgent': 'ordered as urgent',
  suspected: 'suspected',
  'suspected-in-study': 'suspected in another image of its study',
}

/** Why a row stands where it stands, and what must not be taken for a negative. */
export function describePriority({ priorityReasons, urgentMark, study }: WorklistRow): string {
  const words = priorityReasons.map((reason) =>
    reason === 'marked-urgent' && urgentMark
      ? `marked as urgent by ${urgentMark.reader}, ${new Date(urgentMark.markedAt).toLocaleString()}`
      : reasonWords[reason],
  )
  if (study?.outcome === 'incomplete') {
    words.push(
      study.notAnalysed > 0
        ? `its study is no negative: ${study.notAnalysed} of ${study.images} images not analysed`
        : 'its study is no negative: too many images share its UID',
    )
  }
  return words.join('; ')
}
