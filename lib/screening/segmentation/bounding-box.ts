import type { BoundingBox, ImageSize } from '../kernel/geometry.ts'

/** The smallest rectangle that holds every 1 of a mask; null when there is none. Shape: rows × columns. */
export function boundingBoxOf(mask: Uint8Array, { rows, columns }: ImageSize): BoundingBox | null {
  // indexOf is native code: on a large mask with a small region it is much faster than a loop.
  const first = mask.indexOf(1)
  if (first < 0) return null
  const top = Math.floor(first / columns)
  const bottom = Math.floor(mask.lastIndexOf(1) / columns)
  let left = columns
  let right = -1
  for (let row = top; row <= bottom; row++) {
    const line = mask.subarray(row * columns, (row + 1) * columns)
    const begin = line.indexOf(1)
    if (begin < 0) continue
    left = Math.min(left, begin)
    right = Math.max(right, line.lastIndexOf(1))
  }
  return { row: top, column: left, rows: Math.min(rows, bottom + 1) - top, columns: right - left + 1 }
}

/** The part of a mask within a rectangle. Shape: box.rows × box.columns. */
export function cropMask(mask: Uint8Array, { columns }: ImageSize, box: BoundingBox): Uint8Array {
  const part = new Uint8Array(box.rows * box.columns)
  for (let row = 0; row < box.rows; row++) {
    const start = (box.row + row) * columns + box.column
    part.set(mask.subarray(start, start + box.columns), row * box.columns)
  }
  return part
}
