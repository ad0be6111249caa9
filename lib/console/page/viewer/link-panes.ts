import type { FrameFacts } from '../../contract/frame.ts'
import { type GreyLevels, levelsOf, windowOf } from './grey-table.ts'
import { planeWords } from './plane-words.ts'
import { fitView, type Lie, panBy, type Size, toImage, toScreen, type View } from './view.ts'

/** A picture in its place on the screen. */
export interface Place {
  readonly facts: FrameFacts
  readonly canvas: Size
  readonly lie: Lie
}

/** Two pictures, each whole, and where both spacings are known a millimetre of either as large on the screen. */
export function fitAlike(a: Place, b: Place): readonly [View, View] {
  const [first, second] = [a, b].map(({ facts, canvas, lie }) => fitView(facts, canvas, lie))
  const [one, other] = [a.facts.spacing, b.facts.spacing]
  if (!one || !other) return [first, second]
  const perMm = Math.min(first.zoom / one.columnMm, second.zoom / other.columnMm)
  return [
    { ...first, zoom: perMm * one.columnMm },
    { ...second, zoom: perMm * other.columnMm },
  ]
}

/**
 * Moves a view as another was moved: by as many pixels of the screen, and by the same factor. What the reader has laid
 * beside each other stays so.
 */
export function followView(before: View, after: View, canvas: Size, other: View): View {
  const corner = { x: 0, y: 0 }
  const moved = toScreen(after, canvas, toImage(before, canvas, corner))
  const held = toImage(other, canvas, corner)
  const zoomed = { ...other, zoom: (other.zoom * after.zoom) / before.zoom }
  const { x, y } = toScreen(zoomed, canvas, held)
  return panBy(zoomed, canvas, moved.x - x, moved.y - y)
}

/** Whether a presentation of the file is what is shown. */
export function isShown(presentation: FrameFacts['presentations'][number], levels: GreyLevels): boolean {
  return levels.kind === 'table'
    ? levels.presentation.id === presentation.id
    : presentation.greyTable === null && presentation.window === levels.window
}

/** Changes grey levels as others were changed: to the presentation of the same kind, or by the same share of the window. */
export function followLevels(
  before: GreyLevels,
  after: GreyLevels,
  { presentations }: Pick<FrameFacts, 'presentations'>,
  other: GreyLevels,
  otherFacts: Pick<FrameFacts, 'presentations'>,
): GreyLevels {
  const { isInverted } = after
  if (before.isInverted !== isInverted) return { ...other, isInverted }
  const chosen = presentations.find((presentation) => isShown(presentation, after))
  const same = otherFacts.presentations.find(({ id }) => id === chosen?.id)
  if (same) return { ...levelsOf(same), isInverted: other.isInverted }
  const [from, to, own] = [before, after, other].map(windowOf)
  return {
    kind: 'window',
    window: {
      center: own.center + ((to.center - from.center) / from.width) * own.width,
      width: own.width * (to.width / from.width),
      function: own.function,
    },
    isInverted: other.isInverted,
  }
}

/** How large the prior is shown beside the current picture. */
export function describeScale(
  current: { readonly facts: FrameFacts; readonly view: View; readonly canvas: Size },
  prior: { readonly facts: FrameFacts; readonly view: View; readonly canvas: Size },
): string {
  const [one, other] = [current.facts.spacing, prior.facts.spacing]
  if (!one || !other) return 'scale not comparable: spacing unknown'
  const ratio = prior.view.zoom / other.columnMm / (current.view.zoom / one.columnMm)
  const words = Math.abs(ratio - 1) < 0.005 ? 'same scale' : `${ratio.toFixed(2)} × the current scale`
  if (one.plane === other.plane) return words
  const plane = planeWords[other.plane] || ' in the patient'
  return `${words}, this one${plane}`
}
