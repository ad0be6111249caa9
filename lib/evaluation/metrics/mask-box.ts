import type { BoundingBox, ImageSize } from '../../screening/kernel/geometry.ts'

/** The smallest rectangle that holds every set pixel of the masks; null when all are empty. Shape: each rows × columns. */
export function maskBox(masks: readonly Uint8Array[], { rows, columns }: ImageSize): BoundingBox | null {
  let [top, bottom, left, right] = [rows, -1, columns, -1]
  for (const mask of masks) {
    for (let row = 0; row < rows; row++) {
      const start = row * columns
      const first = firstSet(mask, start, start + columns)
      if (first < 0) continue
      let last = start + columns - 1
      while (mask[last] === 0) last--
      top = Math.min(top, row)
      bottom = Math.max(bottom, row)
      left = Math.min(left, first - start)
      right = Math.max(right, last - start)
    }
  }
  return bottom < 0 ? null : { row: top, column: left, rows: bottom - top + 1, columns: right - left + 1 }
}

function firstSet(mask: Uint8Array, from: number, to: number): number {
  for (let pixel = from; pixel < to; pixel++) if (mask[pixel] !== 0) return pixel
  return -1
}
