import { useEffect, useState } from 'preact/hooks'
import { describeError, requestJson } from './request.ts'

/** What the server answers at a path; asked for anew where `refreshMs` is given. */
export function useAnswer<T>(path: string, refreshMs?: number): { answer: T | null; problem: string | null } {
  const [state, setState] = useState<{ answer: T | null; problem: string | null }>({ answer: null, problem: null })
  useEffect(() => {
    let isGone = false
    const ask = () => {
      if (document.hidden) return
      requestJson<T>(path).then(
        (answer) => isGone || setState({ answer, problem: null }),
        (error) => isGone || setState((before) => ({ ...before, problem: describeError(error) })),
      )
    }
    ask()
    const timer = refreshMs === undefined ? undefined : setInterval(ask, refreshMs)
    return () => {
      isGone = true
      clearInterval(timer)
    }
  }, [path, refreshMs])
  return state
}
