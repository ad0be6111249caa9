import type { Point } from './view.ts'

export interface Brush {
  /** What it leaves: 1 adds to the mask, 0 takes away. */
  readonly value: 0 | 1
  /** Unit: columns of the image. */
  readonly radius: number
  /** Height of an image pixel over its width: the brush is round on the screen. */
  readonly aspect: number
}

/** Runs of pixels that a stroke has changed: start and length of each. To undo it is to turn them over. */
type Stroke = number[]

/**
 * A mask under a reader's hand, changed in place. What a stroke has changed is kept as runs, so that undoing it costs
 * what it has changed, and a hundred of them no more memory than they need.
 */
export class MaskEditor {
  /** 0/1. Shape: rows × columns. */
  readonly mask: Uint8Array
  readonly #rows: number
  readonly #columns: number
  readonly #done: Stroke[] = []
  #undone: Stroke[] = []
  #open: Stroke | null = null
  #areaPixels = 0

  /** @param mask From where to start; not changed. Null: nothing is in it. */
  constructor(size: { readonly rows: number; readonly columns: number }, mask: Uint8Array | null) {
    this.#rows = size.rows
    this.#columns = size.columns
    this.mask = mask?.slice() ?? new Uint8Array(size.rows * size.columns)
    for (const inside of this.mask) this.#areaPixels += inside
  }

  get areaPixels(): number {
    return this.#areaPixels
  }

  get canUndo(): boolean {
    return this.#done.length > 0
  }

  get canRedo(): boolean {
    return this.#undone.length > 0
  }

  /** Moves the brush from one point of the image to another, as part of the stroke that is open. */
  paint(from: Point, to: Point, brush: Brush): void {
    this.#open ??= []
    const spans = spansOf(from, to, brush, this.#rows)
    for (let row = spans.top; row < spans.top + spans.first.length; row++) {
      const first = Math.max(0, spans.first[row - spans.top])
      const last = Math.min(this.#columns - 1, spans.last[row - spans.top])
      this.#fill(row * this.#columns + first, row * this.#columns + last, brush.value, this.#open)
    }
  }

  /** Ends the stroke that is open: from now on it is undone as one. */
  lift(): void {
    if (this.#open && this.#open.length > 0) {
      this.#done.push(this.#open)
      this.#undone = []
    }
    this.#open = null
  }

  undo(): void {
    this.lift()
    this.#turnOver(this.#done, this.#undone)
  }

  redo(): void {
    this.lift()
    this.#turnOver(this.#undone, this.#done)
  }

  #turnOver(from: Stroke[], to: Stroke[]): void {
    const stroke = from.pop()
    if (!stroke) return
    for (let run = 0; run < stroke.length; run += 2) {
      for (let at = stroke[run]; at < stroke[run] + stroke[run + 1]; at++) {
        this.mask[at] = 1 - this.mask[at]
        this.#areaPixels += 2 * this.mask[at] - 1
      }
    }
    to.push(stroke)
  }

  #fill(first: number, last: number, value: 0 | 1, stroke: Stroke): void {
    let start = -1
    for (let at = first; at <= last; at++) {
      if (this.mask[at] === value) {
        if (start >= 0) stroke.push(start, at - start)
        start = -1
        continue
      }
      this.mask[at] = value
      this.#areaPixels += 2 * value - 1
      if (start < 0) start = at
    }
    if (start >= 0) stroke.push(start, last + 1 - start)
  }
}

/** Of each row from `top` on the first and the last column under the brush; none where the first lies behind the last. */
interface Spans {
  readonly top: number
  readonly first: Int32Array
  readonly last: Int32Array
}

/**
 * What a round brush covers that is moved along a line: a convex shape, so that every row of it is one run. A pixel is
 * under the brush when its middle is; the one under the point itself always is.
 */
function spansOf(from: Point, to: Point, { radius, aspect }: Brush, rows: number): Spans {
  const reach = radius / aspect
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach))
  const bottom = Math.min(rows - 1, Math.floor(Math.max(from.y, to.y) + reach))
  const count = Math.max(0, bottom - top + 1)
  const first = new Int32Array(count).fill(2 ** 30)
  const last = new Int32Array(count).fill(-1)
  const length = Math.hypot(to.x - from.x, (to.y - from.y) * aspect)
  // Dabs so close that the edge between them is straight to less than a pixel.
  const dabs = Math.ceil((2 * length) / Math.max(1, Math.sqrt(radius))) + 1
  for (let dab = 0; dab < dabs; dab++) {
    const share = dabs === 1 ? 0 : dab / (dabs - 1)
    const x = from.x + share * (to.x - from.x)
    const y = from.y + share * (to.y - from.y)
    const upper = Math.max(top, Math.floor(y - reach))
    const lower = Math.min(bottom, Math.floor(y + reach))
    for (let row = upper; row <= lower; row++) {
      const down = (row + 0.5 - y) * aspect
      const half = Math.sqrt(radius * radius - down * down)
      // Not a number where the row's middle is out of reach.
      if (half >= 0) widen(row - top, Math.ceil(x - half - 0.5), Math.floor(x + half - 0.5))
    }
    const own = Math.floor(y)
    if (own >= top && own <= bottom) widen(own - top, Math.floor(x), Math.floor(x))
  }
  return { top, first, last }

  function widen(row: number, left: number, right: number): void {
    if (left > right) return
    first[row] = Math.min(first[row], left)
    last[row] = Math.max(last[row], right)
  }
}
