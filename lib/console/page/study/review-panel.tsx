import { useEffect, useState } from 'preact/hooks'
import type { Review, ReviewRequest } from '../../contract/review.ts'
import type { Study } from '../../contract/study.ts'
import { sideWords } from '../format.ts'
import { describeError, requestJson, sendJson } from '../request.ts'

/** The reader's own name, so that it is written once. */
const reviewerKey = 'pleura-reviewer'

interface Props {
  readonly study: Study
  readonly onReviewed: () => void
}

export function ReviewPanel({ study, onReviewed }: Props) {
  const path = `/api/studies/${study.row.studyId}/reviews`
  const [reviews, setReviews] = useState<readonly Review[]>([])
  const [problem, setProblem] = useState('')
  const [presence, setPresence] = useState<string>('')
  useEffect(() => {
    requestJson<Review[]>(path).then(setReviews, (error) => setProblem(describeError(error)))
  }, [path])

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const review = readForm(new FormData(form))
    localStorage.setItem(reviewerKey, review.reviewer)
    try {
      const added = await sendJson<Review>(path, review)
      setReviews((before) => [...before, added])
      setProblem('')
      setPresence('')
      form.reset()
      onReviewed()
    } catch (error) {
      setProblem(describeError(error))
    }
  }

  return (
    <section class="review" aria-label="Review">
      <h2>Review</h2>
      <form onSubmit={submit}>
        <fieldset>
          <legend>This result</legend>
          <Choice name="agreement" value="agree" words="I agree" />
          <Choice name="agreement" value="disagree" words="I disagree" />
          <Choice name="agreement" value="unsure" words="I am unsure" />
        </fieldset>
        <fieldset>
          <legend>Pneumothorax</legend>
          {(['present', 'absent', 'undecided'] as const).map((value) => (
            <Choice key={value} name="pneumothorax" value={value} words={value} onChoose={() => setPresence(value)} />
          ))}
        </fieldset>
        {presence === 'present' ? (
          <fieldset>
            <legend>Side</legend>
            {(['left', 'right', 'both'] as const).map((value) => (
              <Choice key={value} name="side" value={value} words={sideWords[value]} />
            ))}
          </fieldset>
        ) : null}
        <label>
          Note
          <textarea name="note" rows={2} maxLength={2000} />
        </label>
        <label>
          Reviewer
          <input name="reviewer" required maxLength={100} defaultValue={localStorage.getItem(reviewerKey) ?? ''} />
        </label>
        <button type="submit">Store the review</button>
        <p role="alert">{problem}</p>
      </form>
      {reviews.length > 0 ? (
        <ol class="reviews">
          {reviews.map((review) => (
            <li key={review.reviewId}>{describeReview(review, study)}</li>
          ))}
        </ol>
      ) : null}
    </section>
  )
}

interface ChoiceProps {
  readonly name: string
  readonly value: string
  readonly words: string
  readonly onChoose?: () => void
}

function Choice({ name, value, words, onChoose }: ChoiceProps) {
  return (
    <label class="choice">
      <input type="radio" name={name} value={value} required onChange={onChoose} />
      {words}
    </label>
  )
}

function readForm(form: FormData): ReviewRequest {
  return {
    reviewer: String(form.get('reviewer')),
    agreement: form.get('agreement') as ReviewRequest['agreement'],
    pneumothorax: form.get('pneumothorax') as ReviewRequest['pneumothorax'],
    side: form.get('side') as ReviewRequest['side'],
    note: String(form.get('note')),
  }
}

function describeReview(review: Review, { result }: Study): string {
  const { reviewer, reviewedAt, agreement, pneumothorax, side, note, screeningKey } = review
  const isOfAnother = screeningKey !== (result?.screeningKey ?? null)
  return [
    `${new Date(reviewedAt).toLocaleString()}, ${reviewer}: ${agreement}, pneumothorax ${pneumothorax}`,
    ...(side ? [sideWords[side]] : []),
    ...(isOfAnother ? ['(of an earlier result)'] : []),
    ...(note ? [note] : []),
  ].join('; ')
}
