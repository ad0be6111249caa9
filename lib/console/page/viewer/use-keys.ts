import { useEffect, useRef } from 'preact/hooks'
import { isTyping } from './is-typing.ts'

/** The keys hold as long as the viewer is there; the newest actions count. */
export function useKeys(actions: Record<string, () => void>): void {
  const newest = useRef(actions)
  newest.current = actions
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const action = newest.current[event.key.toLowerCase()]
      // The brush has taken its keys already; a slider keeps its arrows.
      if (!action || event.defaultPrevented || isTyping(event)) return
      if (event.key.startsWith('Arrow') && event.target instanceof HTMLInputElement) return
      event.preventDefault()
      action()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}
