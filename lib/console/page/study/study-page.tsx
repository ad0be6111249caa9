import { useEffect, useRef, useState } from 'preact/hooks'
import type { Study } from '../../contract/study.ts'
import type { WorklistRow } from '../../contract/worklist.ts'
import { OutcomeBadge } from '../outcome-badge.tsx'
import { PriorPanel } from '../prior/prior-panel.tsx'
import { usePrior } from '../prior/use-prior.ts'
import { describeError, request } from '../request.ts'
import { isTyping } from '../viewer/is-typing.ts'
import { useReaderMasks } from '../viewer/use-reader-masks.ts'
import { Viewer } from '../viewer/viewer.tsx'
import { FindingPanel } from './finding-panel.tsx'
import { useFirstLook } from './first-look.ts'
import { loadPicture, loadStudy, type Picture } from './load-study.ts'
import { ReviewPanel } from './review-panel.tsx'
import { UrgencyPanel } from './urgency-panel.tsx'

/** How often the server is told that the study is still open; it forgets after ten minutes. */
const readingIntervalMs = 4 * 60_000

export interface StudyPageProps {
  readonly studyId: string
  /** The worklist as filtered and ordered: what comes before and after. */
  readonly rows: readonly WorklistRow[]
  readonly onChange: () => void
}

export function StudyPage({ studyId, rows, onChange }: StudyPageProps) {
  const { study, picture, problem } = useStudy(studyId, onChange)
  const masks = useReaderMasks(studyId, picture)
  const firstLook = useFirstLook()
  const { reveal } = firstLook
  // That nothing was analysed is never hidden: it must not look like a picture without a finding.
  const isHiding = firstLook.isHiding && study?.row.outcome !== 'not-analysed'
  const prior = usePrior(studyId, picture !== null)
  const priorStudy = prior.shown?.study ?? null
  const badgeOf = (shown: Study | null) =>
    shown && (!firstLook.isHiding || shown.row.outcome === 'not-analysed') ? <OutcomeBadge row={shown.row} /> : null
  const at = rows.findIndex((row) => row.studyId === studyId)
  const previous = rows[at - 1]?.studyId
  const next = at < 0 ? undefined : rows[at + 1]?.studyId
  const newestPrior = useRef(prior)
  newestPrior.current = prior
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event)) return
      if (event.key === 'Escape') location.hash = ''
      if (event.key === 'm') reveal()
      if (event.key === 'v') newestPrior.current.toggle()
      if (event.key === 't' && newestPrior.current.shown) newestPrior.current.swap()
      if (event.key === 'n' && next) location.hash = `#/studies/${next}`
      if (event.key === 'b' && previous) location.hash = `#/studies/${previous}`
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [next, previous, reveal])

  return (
    <main class="study">
      <header>
        <a href="#/">Worklist (Esc)</a>
        <h1>{study ? isHiding ? 'First look' : <OutcomeBadge row={study.row} /> : 'Loading …'}</h1>
        <span class="file">{study?.row.names[0]}</span>
        <label class="first-look">
          <input
            type="checkbox"
            checked={firstLook.isWanted}
            onChange={(event) => firstLook.setWanted(event.currentTarget.checked)}
          />
          First look
        </label>
        <nav aria-label="Studies">
          <StepLink studyId={previous} words="Previous (B)" />
          <StepLink studyId={next} words="Next (N)" />
        </nav>
      </header>
      {picture ? (
        <Viewer
          picture={picture}
          masks={masks}
          areMarksHidden={isHiding}
          prior={prior.shown}
          studyDate={prior.answer?.studyDate ?? null}
          badges={{ current: badgeOf(study), prior: badgeOf(priorStudy) }}
        />
      ) : (
        <section class="viewer empty" aria-live="polite">
          <p>{problem ?? 'Loading the picture …'}</p>
        </section>
      )}
      <aside>
        {picture ? <PriorPanel prior={prior} /> : null}
        {study && isHiding ? (
          <section class="finding" aria-label="Finding">
            <h2>Finding</h2>
            <p>The picture first: what was found, and what others said, is hidden.</p>
            <button type="button" onClick={reveal}>
              Show it (M)
            </button>
          </section>
        ) : study ? (
          <>
            <FindingPanel heading={prior.shown ? 'Current: finding' : 'Finding'} study={study} />
            {priorStudy ? (
              <FindingPanel heading={`Prior of ${prior.shown?.studyDate}: finding`} study={priorStudy} />
            ) : null}
            <UrgencyPanel row={study.row} onMarked={onChange} />
            <ReviewPanel study={study} picture={picture} masks={masks} onReviewed={onChange} />
          </>
        ) : null}
      </aside>
    </main>
  )
}

function StepLink({ studyId, words }: { studyId: string | undefined; words: string }) {
  return studyId ? <a href={`#/studies/${studyId}`}>{words}</a> : <span class="absent">{words}</span>
}

function useStudy(studyId: string, onChange: () => void) {
  const [study, setStudy] = useState<Study | null>(null)
  const [picture, setPicture] = useState<Picture | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    let isGone = false
    const tellReading = () => request(`/api/studies/${studyId}/reading`, { method: 'PUT' })
    const reading = setInterval(() => tellReading().catch(() => {}), readingIntervalMs)
    const load = async () => {
      try {
        const loaded = await loadStudy(studyId)
        if (isGone) return
        setStudy(loaded)
        if (loaded.row.outcome === 'not-analysed') setProblem('There is no picture to be shown: it was not analysed.')
        else {
          const shown = await loadPicture(loaded)
          if (isGone) return
          setPicture(shown)
        }
        await tellReading()
        onChange()
      } catch (error) {
        if (!isGone) setProblem(describeError(error))
      }
    }
    load()
    return () => {
      isGone = true
      clearInterval(reading)
    }
  }, [studyId, onChange])
  return { study, picture, problem }
}
