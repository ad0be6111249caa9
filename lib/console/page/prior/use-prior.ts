import { useEffect, useState } from 'preact/hooks'
import type { Priors } from '../../contract/priors.ts'
import type { Study } from '../../contract/study.ts'
import { describeError, requestJson } from '../request.ts'
import { loadPicture, loadStudy, type Picture } from '../study/load-study.ts'

const pollMs = 1500
/** Kept by the browser, as the reader's habits. */
const compareKey = 'pleura-compare'
const sideKey = 'pleura-prior-side'

export interface Prior {
  /** Null until the server has answered. */
  readonly answer: Priors | null
  readonly problem: string | null
  /** Which of them is chosen; null where there is none. */
  readonly chosen: Priors['priors'][number] | null
  readonly choose: (studyId: string) => void
  /** Whether the reader wants priors beside pictures. */
  readonly isWanted: boolean
  readonly toggle: () => void
  readonly swap: () => void
  /** What is shown beside the picture; null while nothing is. */
  readonly shown: ShownPrior | null
}

export interface ShownPrior {
  /** On the left, where the current picture lies otherwise. */
  readonly isFirst: boolean
  readonly studyDate: string
  readonly daysBefore: number
  /** Null while it loads. */
  readonly study: Study | null
  readonly picture: Picture | null
  /** Why there is no picture. */
  readonly problem: string | null
}

/** @param isReady The picture itself comes first */
export function usePrior(studyId: string, isReady: boolean): Prior {
  const { answer, problem } = useAnswered(studyId, isReady)
  const [wish, choose] = useState<string | null>(null)
  const [isWanted, setWanted] = useState(() => localStorage.getItem(compareKey) === 'on')
  const priors = answer?.priors ?? []
  const [isFirst, setFirst] = useState(() => localStorage.getItem(sideKey) === 'left')
  const chosen =
    priors.find((prior) => prior.studyId === wish) ?? priors.find((prior) => prior.isAnalysed) ?? priors[0] ?? null
  const loaded = useLoaded(isWanted ? (chosen?.studyId ?? null) : null)
  return {
    answer,
    problem,
    chosen,
    choose,
    isWanted,
    toggle: () => {
      localStorage.setItem(compareKey, isWanted ? 'off' : 'on')
      setWanted(!isWanted)
    },
    swap: () => {
      localStorage.setItem(sideKey, isFirst ? 'right' : 'left')
      setFirst(!isFirst)
    },
    shown: isWanted && chosen ? { isFirst, ...chosen, ...loaded } : null,
  }
}

/** Asks until every file has been looked into. */
function useAnswered(studyId: string, isReady: boolean): { answer: Priors | null; problem: string | null } {
  const [state, setState] = useState<{ answer: Priors | null; problem: string | null }>({ answer: null, problem: null })
  useEffect(() => {
    if (!isReady) return
    let timer: ReturnType<typeof setTimeout>
    let isGone = false
    const ask = () =>
      requestJson<Priors>(`/api/studies/${studyId}/priors`).then(
        (answer) => {
          if (isGone) return
          setState({ answer, problem: null })
          if (answer.waiting > 0) timer = setTimeout(ask, pollMs)
        },
        (error) => isGone || setState((before) => ({ ...before, problem: describeError(error) })),
      )
    ask()
    return () => {
      isGone = true
      clearTimeout(timer)
    }
  }, [studyId, isReady])
  return state
}

type Loaded = Pick<ShownPrior, 'study' | 'picture' | 'problem'>
const nothing: Loaded = { study: null, picture: null, problem: null }

function useLoaded(studyId: string | null): Loaded {
  const [state, setState] = useState<Loaded & { of: string | null }>({ ...nothing, of: null })
  useEffect(() => {
    if (studyId === null) return
    let isGone = false
    const put = (change: Partial<Loaded>) => {
      // What belongs to another prior must not stand beside this one's date.
      if (!isGone) setState((before) => ({ ...(before.of === studyId ? before : nothing), ...change, of: studyId }))
    }
    const load = async () => {
      const study = await loadStudy(studyId)
      put({ study })
      if (study.row.outcome === 'not-analysed')
        put({ problem: 'There is no picture to be shown: it was not analysed.' })
      else put({ picture: await loadPicture(study) })
    }
    load().catch((error) => put({ problem: describeError(error) }))
    return () => {
      isGone = true
    }
  }, [studyId])
  return state.of === studyId ? state : nothing
}
