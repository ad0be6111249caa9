import { useReducer, useRef } from 'preact/hooks'
import type { Picture } from '../study/load-study.ts'
import { type GreyLevels, levelsOf } from './grey-table.ts'
import { fitAlike, followLevels, followView } from './link-panes.ts'
import type { Measure } from './tool.ts'
import { fitView, type Lie, type Point, type Size, uprightLie, type View } from './view.ts'

export type Side = 'current' | 'prior'

/** How one picture is looked at. */
export interface Pane {
  readonly picture: Picture
  readonly canvas: Size
  readonly lie: Lie
  /** Null: the whole picture, however large the canvas is. */
  readonly chosenView: View | null
  readonly levels: GreyLevels
  readonly measure: Measure | null
  readonly probed: Point | null
}

export interface ShownPane extends Pane {
  readonly view: View
}

/** What is done on one side and done alike on the other. */
export interface Links {
  readonly views: boolean
  readonly windows: boolean
}

export interface Panes {
  readonly current: ShownPane
  /** Null where there is no prior, or no picture of it. */
  readonly prior: ShownPane | null
  readonly change: (side: Side, to: Partial<Pick<Pane, 'canvas' | 'measure' | 'probed'>>) => void
  readonly setView: (side: Side, view: View) => void
  readonly fit: (side: Side) => void
  readonly turn: (side: Side, how: (lie: Lie) => Lie) => void
  readonly setLevels: (side: Side, levels: GreyLevels) => void
}

const paneOf = (picture: Picture): Pane => ({
  picture,
  canvas: { width: 800, height: 800 },
  lie: uprightLie(picture.facts.turn),
  chosenView: null,
  levels: levelsOf(picture.facts.presentations[0]),
  measure: null,
  probed: null,
})

/** The picture, and beside it a prior; what is linked is done to both. */
export function usePanes(picture: Picture, priorPicture: Picture | null, links: Links): Panes {
  const kept = useRef<{ current: Pane; prior: Pane | null }>({ current: paneOf(picture), prior: null })
  const [, repaint] = useReducer((count: number, _: undefined) => count + 1, 0)
  const panes = kept.current
  if ((panes.prior?.picture ?? null) !== priorPicture) panes.prior = priorPicture && paneOf(priorPicture)

  const put = (side: Side, to: Partial<Pane>) => {
    const pane = panes[side]
    if (pane) panes[side] = { ...pane, ...to }
    repaint(undefined)
  }
  const sides = (side: Side, areLinked: boolean): readonly Side[] =>
    areLinked && panes.prior ? ['current', 'prior'] : [side]
  const otherOf = (side: Side): Side => (side === 'current' ? 'prior' : 'current')
  const shown = (side: Side): ShownPane | null => {
    const pane = panes[side]
    return pane && { ...pane, view: pane.chosenView ?? fitted(pane, panes[otherOf(side)]) }
  }

  return {
    current: shown('current')!,
    prior: shown('prior'),
    change: put,
    setView: (side, view) => {
      const [before, other] = [shown(side)!, shown(otherOf(side))]
      put(side, { chosenView: view })
      if (!other || !links.views) return
      put(otherOf(side), { chosenView: followView(before.view, view, before.canvas, other.view) })
    },
    fit: (side) => {
      for (const one of sides(side, links.views)) put(one, { chosenView: null })
    },
    turn: (side, how) => {
      for (const one of sides(side, links.views)) {
        const { lie, chosenView } = panes[one]!
        put(one, { lie: how(lie), chosenView: chosenView && { ...chosenView, lie: how(chosenView.lie) } })
      }
    },
    setLevels: (side, levels) => {
      const [before, other] = [panes[side]!, panes[otherOf(side)]]
      put(side, { levels })
      if (!other || !links.windows) return
      const followed = followLevels(before.levels, levels, before.picture.facts, other.levels, other.picture.facts)
      put(otherOf(side), { levels: followed })
    },
  }
}

function fitted(pane: Pane, other: Pane | null): View {
  const place = ({ picture, canvas, lie }: Pane) => ({ facts: picture.facts, canvas, lie })
  return other ? fitAlike(place(pane), place(other))[0] : fitView(pane.picture.facts, pane.canvas, pane.lie)
}
