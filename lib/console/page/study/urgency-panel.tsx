import { useEffect, useState } from 'preact/hooks'
import type { UrgencyRequest } from '../../contract/urgency.ts'
import type { WorklistRow } from '../../contract/worklist.ts'
import { describePriority, priorityWords } from '../priority-words.ts'
import { describeError, request } from '../request.ts'
import { isSignedIn } from '../sign-in/session.ts'
import { reviewerKey } from './review-panel.tsx'

interface Props {
  readonly row: WorklistRow
  readonly onMarked: () => void
}

/** How soon the study is to be read, why, and the reader's own word on it. */
export function UrgencyPanel({ row: loaded, onMarked }: Props) {
  const [row, setRow] = useState(loaded)
  const [problem, setProblem] = useState('')
  useEffect(() => setRow(loaded), [loaded])
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const reader = String(new FormData(event.currentTarget as HTMLFormElement).get('reader') ?? 'signed in')
    if (!isSignedIn()) localStorage.setItem(reviewerKey, reader)
    const words: UrgencyRequest = { reader, urgent: row.urgentMark === null }
    try {
      const answer = await request(`/api/studies/${row.studyId}/urgency`, {
        method: 'PUT',
        body: JSON.stringify(words),
        headers: { 'content-type': 'application/json' },
      })
      setRow((await answer.json()) as WorklistRow)
      setProblem('')
      onMarked()
    } catch (error) {
      setProblem(describeError(error))
    }
  }
  const reasons = describePriority(row)
  return (
    <section class="urgency" aria-label="Priority">
      <h2>To be read: {priorityWords[row.priority]}</h2>
      {reasons ? <p>{reasons}</p> : null}
      <form onSubmit={submit}>
        {isSignedIn() ? null : (
          <label>
            Reader
            <input name="reader" required maxLength={100} defaultValue={localStorage.getItem(reviewerKey) ?? ''} />
          </label>
        )}
        <button type="submit">{row.urgentMark ? 'No longer urgent' : 'Mark the study as urgent'}</button>
        {problem ? <p role="alert">{problem}</p> : null}
      </form>
    </section>
  )
}
