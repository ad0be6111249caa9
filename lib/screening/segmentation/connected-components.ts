import type { ImageSize } from '../kernel/geometry.ts'

export interface Labelling {
  /** 0 outside, 1…count inside. Shape: rows × columns. */
  readonly labels: Int32Array
  readonly count: number
}

/**
 * Labels the connected regions of pixels whose value in `mask` equals `value`, in reading order of their first pixel.
 * @param connectivity 8 for regions of air, 4 for the holes in them, so that a hole never leaks through a diagonal
 */
export function labelComponents(mask: Uint8Array, size: ImageSize, value: 0 | 1, connectivity: 4 | 8): Labelling {
  const { rows, columns } = size
  const labels = new Int32Array(mask.length)
  const stack: number[] = []
  let count = 0
  const visit = (row: number, column: number): void => {
    if (row < 0 || column < 0 || row >= rows || column >= columns) return
    const pixel = row * columns + column
    if (mask[pixel] !== value || labels[pixel] !== 0) return
    labels[pixel] = count
    stack.push(pixel)
  }
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== value || labels[start] !== 0) continue
    count++
    labels[start] = count
    stack.push(start)
    while (stack.length > 0) {
      const pixel = stack.pop()!
      const row = Math.floor(pixel / columns)
      const column = pixel - row * columns
      visit(row - 1, column)
      visit(row + 1, column)
      visit(row, column - 1)
      visit(row, column + 1)
      if (connectivity === 8) {
        visit(row - 1, column - 1)
        visit(row - 1, column + 1)
        visit(row + 1, column - 1)
        visit(row + 1, column + 1)
      }
    }
  }
  return { labels, count }
}
