import type { ComponentChildren } from 'preact'
import type { Side } from './use-panes.ts'

const sideWords: Record<Side, string> = { current: 'Current', prior: 'Prior' }

interface Props {
  readonly side: Side
  /** When it was taken. */
  readonly date: string
  readonly badge: ComponentChildren
  readonly scale?: string
  /** Whether keys and the toolbar act on it. */
  readonly isActive: boolean
  readonly onActive: (side: Side) => void
  readonly children: ComponentChildren
}

/** One of two pictures, under a band that says which: they must never be taken for one another. */
export function PaneFrame({ side, date, badge, scale, isActive, onActive, children }: Props) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: nothing is filled in here, as in a <fieldset>
    <div
      class={`pane ${side}${isActive ? ' active' : ''}`}
      role="group"
      aria-label={`${sideWords[side]}, ${date}`}
      onPointerDownCapture={() => onActive(side)}
    >
      <p class="band">
        <strong>{sideWords[side]}</strong>
        <span>{date}</span>
        {badge}
        <span class="scale-words">{scale}</span>
      </p>
      {children}
    </div>
  )
}
