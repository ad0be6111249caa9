import type { WorklistRow } from '../contract/worklist.ts'
import { type OutcomeKind, outcomeKind } from './worklist/worklist-order.ts'

export const outcomeWords: Record<OutcomeKind, string> = {
  suspected: 'Suspected',
  discordant: 'Suspected, no region',
  'not-suspected': 'Not suspected',
  'not-analysed': 'Not analysed',
}

/** A full triangle, a triangle with a gap, a ring, a crossed square: told apart without colour, and without the words. */
const shapes: Record<OutcomeKind, preact.JSX.Element> = {
  suspected: <path class="filled" d="M8 1.5 15 14H1Z" />,
  discordant: (
    <>
      <path class="stroked" d="M8 2.5 14 13.2H2Z" />
      <path class="stroked" d="M8 6.2v3.2M8 11v.8" />
    </>
  ),
  'not-suspected': <circle class="stroked" cx="8" cy="8" r="5.5" />,
  'not-analysed': <path class="stroked" d="M2.5 2.5h11v11h-11zM2.5 2.5l11 11M13.5 2.5l-11 11" />,
}

/** The outcome by colour, shape and word. */
export function OutcomeBadge({ row }: { row: Pick<WorklistRow, 'outcome' | 'discordant' | 'reason'> }) {
  const kind = outcomeKind(row)
  return (
    <span class={`outcome ${kind}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {shapes[kind]}
      </svg>
      {outcomeWords[kind]}
      {row.reason ? `: ${row.reason.code}` : ''}
    </span>
  )
}
