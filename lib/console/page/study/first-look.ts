import { useState } from 'preact/hooks'

/** Kept by the browser: it is the reader's habit, and nothing of a patient. */
const settingKey = 'pleura-first-look'

export interface FirstLook {
  /** The reader wants to see every picture naked first. */
  readonly isWanted: boolean
  readonly setWanted: (isWanted: boolean) => void
  /** Nothing that was found may show yet. */
  readonly isHiding: boolean
  readonly reveal: () => void
}

/** First-look mode of one picture: what was found shows when the reader asks for it, and then stays. */
export function useFirstLook(): FirstLook {
  const [isWanted, setWanted] = useState(() => localStorage.getItem(settingKey) === 'on')
  const [isRevealed, setRevealed] = useState(false)
  return {
    isWanted,
    setWanted: (wanted) => {
      localStorage.setItem(settingKey, wanted ? 'on' : 'off')
      setWanted(wanted)
    },
    isHiding: isWanted && !isRevealed,
    reveal: () => setRevealed(true),
  }
}
