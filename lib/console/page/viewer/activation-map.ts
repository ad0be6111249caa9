import type { FrameFacts } from '../../contract/frame.ts'
import { type Size, toImage, uprightLie, type View } from './view.ts'

/** Where the classifier looked, on its own upright grid, black to white. Shape: rows × columns. */
export interface ActivationMap {
  readonly rows: number
  readonly columns: number
  readonly activation: Uint8Array
}

/** The activation under each pixel of the screen, bilinearly: the grid covers the upright image from edge to edge. */
export function sampleActivation(map: ActivationMap, facts: FrameFacts, view: View, canvas: Size): Uint8Array {
  const out = new Uint8Array(canvas.width * canvas.height)
  const lie = uprightLie(facts.turn)
  for (let y = 0, at = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++, at++) {
      const { x: column, y: row } = toImage(view, canvas, { x: x + 0.5, y: y + 0.5 })
      if (column < 0 || row < 0 || column >= facts.columns || row >= facts.rows) continue
      // From −½ to ½ on either axis, then turned upright.
      const across = column / facts.columns - 0.5
      const down = row / facts.rows - 0.5
      const u = lie.columnPerX * across + lie.rowPerX * down + 0.5
      const v = lie.columnPerY * across + lie.rowPerY * down + 0.5
      out[at] = activationAt(map, u * map.columns - 0.5, v * map.rows - 0.5) + 0.5
    }
  }
  return out
}

function activationAt({ rows, columns, activation }: ActivationMap, x: number, y: number): number {
  const left = Math.min(columns - 1, Math.max(0, x))
  const top = Math.min(rows - 1, Math.max(0, y))
  const column = Math.floor(left)
  const row = Math.floor(top)
  const right = Math.min(columns - 1, column + 1)
  const below = Math.min(rows - 1, row + 1)
  const upper =
    activation[row * columns + column] * (1 - left + column) + activation[row * columns + right] * (left - column)
  const lower =
    activation[below * columns + column] * (1 - left + column) + activation[below * columns + right] * (left - column)
  return upper * (1 - top + row) + lower * (top - row)
}
