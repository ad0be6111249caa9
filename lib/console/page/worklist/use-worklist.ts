import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { WorklistChanges, WorklistRow } from '../../contract/worklist.ts'
import { ProblemError, requestJson } from '../request.ts'
import { isSignedIn } from '../sign-in/session.ts'

const pollMs = 2000
/** Where each look is paid for. */
const paidPollMs = 8000
const longestPauseMs = 30_000

export interface Worklist {
  readonly rows: readonly WorklistRow[]
  readonly setAside: number
  /** `stale`: the server did not answer; the rows are as they were. */
  readonly state: 'loading' | 'live' | 'stale' | 'locked' | 'signed-out'
  /** Unit: ms since the epoch, of the last answer. */
  readonly at: number
  /** Asks again now. */
  readonly retry: () => void
}

const nothing = { rows: [] as readonly WorklistRow[], setAside: 0, state: 'loading' as Worklist['state'], at: 0 }

/** The worklist, kept as new as the server's: asked for every two seconds, rarer while nobody looks or nobody answers. */
export function useWorklist(): Worklist {
  const [worklist, setWorklist] = useState(nothing)
  const known = useRef({ rows: new Map<string, WorklistRow>(), cursor: '', failures: 0 })
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  const poll = useCallback(async () => {
    clearTimeout(timer.current)
    const list = known.current
    try {
      const since = list.cursor ? `?since=${encodeURIComponent(list.cursor)}` : ''
      const changes = await requestJson<WorklistChanges>(`/api/studies${since}`)
      if (changes.isComplete) list.rows.clear()
      for (const row of changes.rows) list.rows.set(row.studyId, row)
      const isNew = changes.isComplete || changes.rows.length > 0
      list.cursor = changes.cursor
      list.failures = 0
      setWorklist((before) => ({
        rows: isNew ? [...list.rows.values()] : before.rows,
        setAside: changes.setAside,
        state: 'live',
        at: Date.now(),
      }))
    } catch (error) {
      list.failures++
      const isLocked = error instanceof ProblemError && error.status === 401
      const locked = isLocked && error.asksForToken ? 'signed-out' : 'locked'
      setWorklist((before) => ({ ...before, state: isLocked ? locked : 'stale' }))
      if (isLocked) return
    }
    clearTimeout(timer.current)
    const pauseMs = (isSignedIn() ? paidPollMs : pollMs) * 2 ** list.failures
    if (!document.hidden) timer.current = setTimeout(poll, Math.min(longestPauseMs, pauseMs))
  }, [])

  useEffect(() => {
    poll()
    const wake = () => !document.hidden && poll()
    document.addEventListener('visibilitychange', wake)
    return () => {
      document.removeEventListener('visibilitychange', wake)
      clearTimeout(timer.current)
    }
  }, [poll])
  return { ...worklist, retry: poll }
}
