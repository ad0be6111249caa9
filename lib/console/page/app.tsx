import type { FunctionComponent } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { AgreementPage } from './agreement/agreement-page.tsx'
import { OperationsPage } from './operations/operations-page.tsx'
import { IssuerForm } from './sign-in/issuer-form.tsx'
import { TokenForm } from './sign-in/token-form.tsx'
import type { StudyPageProps } from './study/study-page.tsx'
import { useUploads } from './upload/use-uploads.ts'
import { useWorklist } from './worklist/use-worklist.ts'
import { defaultFilter, type WorklistFilter, worklistOrder } from './worklist/worklist-order.ts'
import { WorklistPage } from './worklist/worklist-page.tsx'

/** The study that the address names; null on any other page. */
const studyOf = (hash: string): string | null => /^#\/studies\/([0-9a-f]{32})$/.exec(hash)?.[1] ?? null

/** @param signInProblem Why nobody was let in just now; empty: nothing was tried, or it went well. */
export function App({ signInProblem }: { signInProblem: string }) {
  const worklist = useWorklist()
  const hash = useHash()
  const studyId = studyOf(hash)
  const StudyPage = useStudyPage(studyId !== null)
  // Kept here, so that it is as it was when the reader comes back from a picture.
  const [filter, setFilter] = useState<WorklistFilter>(defaultFilter)
  const [selected, setSelected] = useState<string | null>(null)
  const uploads = useUploads(worklist.retry)
  const rows = useMemo(() => worklistOrder(worklist.rows, filter), [worklist.rows, filter])
  useEffect(() => {
    if (studyId !== null) setSelected(studyId)
  }, [studyId])
  if (worklist.state === 'locked') return <TokenForm onSignedIn={worklist.retry} />
  if (worklist.state === 'signed-out') return <IssuerForm problem={signInProblem} />
  return (
    <>
      {hash === '#/agreement' ? (
        <AgreementPage />
      ) : hash === '#/operations' ? (
        <OperationsPage rows={worklist.rows} />
      ) : studyId === null ? (
        <WorklistPage
          worklist={worklist}
          rows={rows}
          filter={filter}
          onFilter={setFilter}
          selected={selected}
          onSelect={setSelected}
          uploads={uploads}
        />
      ) : StudyPage ? (
        <StudyPage key={studyId} studyId={studyId} rows={rows} onChange={worklist.retry} />
      ) : (
        <main class="empty">Loading the viewer …</main>
      )}
      <footer class="notice">
        Not for diagnostic use. For research and prioritisation only; not a medical device. A radiologist reads every
        image.
      </footer>
    </>
  )
}

function useHash(): string {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const follow = () => setHash(location.hash)
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return hash
}

/** The viewer is loaded while the worklist shows, so that it is there when a row is opened. */
function useStudyPage(isNeeded: boolean): FunctionComponent<StudyPageProps> | null {
  const [page, setPage] = useState<{ StudyPage: FunctionComponent<StudyPageProps> } | null>(null)
  useEffect(() => {
    if (page) return
    const load = () => import('./study/study-page.tsx').then(setPage)
    if (isNeeded) load()
    else setTimeout(load, 300)
  }, [page, isNeeded])
  return page?.StudyPage ?? null
}
