import { useEffect, useState } from 'preact/hooks'
import type { Review, ReviewRequest } from '../../contract/review.ts'
import type { Study } from '../../contract/study.ts'
import { sideWords } from '../format.ts'
import { describeError, requestJson, sendJson } from '../request.ts'
import { isSignedIn } from '../sign-in/session.ts'
import { encodeMask } from '../viewer/encode-mask.ts'
import { describeArea } from '../viewer/plane-words.ts'
import type { ReaderMasks } from '../viewer/use-reader-masks.ts'
import type { Picture } from './load-study.ts'

/** The reader's own name, so that it is written once. */
export const reviewerKey = 'pleura-reviewer'

interface Props {
  readonly study: Study
  /** Null until it is there, and where there is none. */
  readonly picture: Picture | null
  readonly masks: ReaderMasks
  readonly onReviewed: () => void
}

export function ReviewPanel({ study, picture, masks, onReviewed }: Props) {
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
    const words = readForm(new FormData(form))
    if (!isSignedIn()) localStorage.setItem(reviewerKey, words.reviewer)
    // Who takes a region away, and says that none is present, has drawn no mask.
    const drawn = masks.own && (masks.own.areaPixels > 0 || words.pneumothorax !== 'absent') ? masks.own : null
    if (drawn && words.pneumothorax === 'absent') {
      setProblem('You have drawn a region, and say that none is present. Discard the mask, or say what you see.')
      return
    }
    try {
      const mask = drawn && picture ? await encodeMask(drawn.mask, picture.facts) : null
      const added = await sendJson<Review>(path, { ...words, mask })
      masks.discard()
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
        {masks.own && picture ? (
          <p class="drawn">
            Your mask, {describeArea(masks.own.areaPixels, picture.facts.spacing)}, goes with the review.{' '}
            <button type="button" onClick={masks.discard}>
              Discard it
            </button>
          </p>
        ) : null}
        <label>
          Note
          <textarea name="note" rows={2} maxLength={2000} />
        </label>
        {isSignedIn() ? (
          <p>The review carries your name, as you are signed in.</p>
        ) : (
          <label>
            Reviewer
            <input name="reviewer" required maxLength={100} defaultValue={localStorage.getItem(reviewerKey) ?? ''} />
          </label>
        )}
        <button type="submit">Store the review</button>
        <p role="alert">{problem}</p>
      </form>
      {reviews.length > 0 ? (
        <ol class="reviews">
          {reviews.map((review) => (
            <li key={review.reviewId}>
              {describeReview(review, study)}
              {review.mask && picture ? (
                <MaskButton
                  review={review}
                  areaWords={describeArea(review.mask.areaPixels, picture.facts.spacing)}
                  isShown={masks.shown === review.reviewId}
                  onOpen={() => masks.open(review).catch((error) => setProblem(describeError(error)))}
                />
              ) : null}
            </li>
          ))}
        </ol>
      ) : null}
    </section>
  )
}

interface MaskButtonProps {
  readonly review: Review
  readonly areaWords: string
  readonly isShown: boolean
  readonly onOpen: () => void
}

const MaskButton = ({ review, areaWords, isShown, onOpen }: MaskButtonProps) => (
  <>
    ; mask, {areaWords}{' '}
    <button type="button" aria-pressed={isShown} aria-label={`Show the mask of ${review.reviewer}`} onClick={onOpen}>
      Show
    </button>
  </>
)

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

function readForm(form: FormData): Omit<ReviewRequest, 'mask'> {
  return {
    // The server knows who is signed in, and takes no other name.
    reviewer: String(form.get('reviewer') ?? 'signed in'),
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
