import type { FrameFacts } from '../../contract/frame.ts'

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

/**
 * Which way the image lies on the screen: a step of one to the right (`x`) or down (`y`) on the screen, along the
 * image's columns and rows. One of the eight that turn and mirror by right angles.
 */
export interface Lie {
  readonly columnPerX: number
  readonly columnPerY: number
  readonly rowPerX: number
  readonly rowPerY: number
}

/** What of an image a canvas shows. */
export interface View {
  readonly lie: Lie
  /** Screen pixels per column of the image. */
  readonly zoom: number
  /** The point of the image in the middle of the canvas. Unit: pixels of the image from its top left corner. */
  readonly center: Point
  /** Height of an image pixel over its width. */
  readonly aspect: number
}

/** As the networks saw it: the patient upright, seen from the front. */
export function uprightLie({ transpose, reverseRows, reverseColumns }: FrameFacts['turn']): Lie {
  const across = reverseColumns ? -1 : 1
  const down = reverseRows ? -1 : 1
  return transpose
    ? { columnPerX: 0, columnPerY: down, rowPerX: across, rowPerY: 0 }
    : { columnPerX: across, columnPerY: 0, rowPerX: 0, rowPerY: down }
}

export const rotateClockwise = (lie: Lie): Lie => ({
  columnPerX: -lie.columnPerY,
  columnPerY: lie.columnPerX,
  rowPerX: -lie.rowPerY,
  rowPerY: lie.rowPerX,
})

export const mirror = (lie: Lie): Lie => ({ ...lie, columnPerX: -lie.columnPerX, rowPerX: -lie.rowPerX })

export function fitView(facts: FrameFacts, canvas: Size, lie: Lie): View {
  const aspect = facts.spacing ? facts.spacing.rowMm / facts.spacing.columnMm : 1
  const isSideways = lie.columnPerX === 0
  const width = facts.columns
  const height = facts.rows * aspect
  const zoom = Math.min(canvas.width / (isSideways ? height : width), canvas.height / (isSideways ? width : height))
  return { lie, zoom, center: { x: facts.columns / 2, y: facts.rows / 2 }, aspect }
}

/** The point of the image under a point of the canvas. */
export function toImage({ lie, zoom, center, aspect }: View, canvas: Size, point: Point): Point {
  const x = point.x - canvas.width / 2
  const y = point.y - canvas.height / 2
  return {
    x: center.x + (lie.columnPerX * x + lie.columnPerY * y) / zoom,
    y: center.y + (lie.rowPerX * x + lie.rowPerY * y) / (zoom * aspect),
  }
}

export function toScreen({ lie, zoom, center, aspect }: View, canvas: Size, point: Point): Point {
  const across = (point.x - center.x) * zoom
  const down = (point.y - center.y) * zoom * aspect
  return {
    x: canvas.width / 2 + lie.columnPerX * across + lie.rowPerX * down,
    y: canvas.height / 2 + lie.columnPerY * across + lie.rowPerY * down,
  }
}

export function panBy(view: View, canvas: Size, dx: number, dy: number): View {
  const center = toImage(view, canvas, { x: canvas.width / 2 - dx, y: canvas.height / 2 - dy })
  return { ...view, center }
}

const zoomRange = { least: 0.02, most: 32 }

/** Zooms so that what is under a point of the canvas stays there. */
export function zoomAt(view: View, canvas: Size, point: Point, factor: number): View {
  const zoom = Math.min(zoomRange.most, Math.max(zoomRange.least, view.zoom * factor))
  const held = toImage(view, canvas, point)
  const moved = toImage({ ...view, zoom }, canvas, point)
  return { ...view, zoom, center: { x: view.center.x + held.x - moved.x, y: view.center.y + held.y - moved.y } }
}

const opposites: Readonly<Record<string, string>> = { L: 'R', R: 'L', A: 'P', P: 'A', H: 'F', F: 'H' }
const opposite = (direction: string): string => [...direction].map((letter) => opposites[letter] ?? letter).join('')

export interface EdgeMarks {
  readonly left: string
  readonly right: string
  readonly top: string
  readonly bottom: string
}

/** The patient's directions at the edges of the picture, as it lies now; null where nobody knows them. */
export function edgeMarks(lie: Lie, orientation: FrameFacts['orientation']): EdgeMarks | null {
  if (!orientation) return null
  const towards = (column: number, row: number): string => {
    const direction = column !== 0 ? orientation.along : orientation.down
    return column + row > 0 ? direction : opposite(direction)
  }
  const right = towards(lie.columnPerX, lie.rowPerX)
  const bottom = towards(lie.columnPerY, lie.rowPerY)
  return { left: opposite(right), right, top: opposite(bottom), bottom }
}
