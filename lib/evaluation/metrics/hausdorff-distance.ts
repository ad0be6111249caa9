import type { BoundingBox, ImageSize } from '../../screening/kernel/geometry.ts'
import { quantile } from './bootstrap.ts'
import { distanceToSet } from './distance-transform.ts'
import { maskBox } from './mask-box.ts'

/** Distance between neighbouring pixel centres. Unit: mm (or 1 for pixels). */
export interface PixelPitch {
  readonly row: number
  readonly column: number
}

/**
 * The 95th percentile Hausdorff distance: of the distances from each boundary to the other one take the 95th
 * percentile, and of the two directions the larger. A boundary is the pixels of a mask with a 4-neighbour outside
 * it (or outside the image); distances are between pixel centres. Unit: that of the pitch.
 * @returns null when a mask is empty: no distance exists
 * @see Taha, Hanbury 2015, BMC Medical Imaging 15:29; the same definition as MONAI's compute_hausdorff_distance
 */
export function hausdorffDistance95(
  reference: Uint8Array,
  predicted: Uint8Array,
  size: ImageSize,
  pitch: PixelPitch = { row: 1, column: 1 },
): number | null {
  // Only the rectangle that holds both masks is worth transforming.
  const box = maskBox([reference, predicted], size)
  if (!box) return null
  const a = boundaryWithin(reference, size, box)
  const b = boundaryWithin(predicted, size, box)
  if (!a.includes(1) || !b.includes(1)) return null
  const forth = percentile95(a, distanceToSet(b, box, pitch))
  const back = percentile95(b, distanceToSet(a, box, pitch))
  return Math.max(forth, back)
}

function boundaryWithin(mask: Uint8Array, { rows, columns }: ImageSize, box: BoundingBox): Uint8Array {
  const inside = (row: number, column: number): boolean =>
    row >= 0 && column >= 0 && row < rows && column < columns && mask[row * columns + column] !== 0
  const out = new Uint8Array(box.rows * box.columns)
  for (let r = 0; r < box.rows; r++) {
    for (let c = 0; c < box.columns; c++) {
      const row = box.row + r
      const column = box.column + c
      if (!inside(row, column)) continue
      const enclosed =
        inside(row - 1, column) && inside(row + 1, column) && inside(row, column - 1) && inside(row, column + 1)
      if (!enclosed) out[r * box.columns + c] = 1
    }
  }
  return out
}

function percentile95(boundary: Uint8Array, distances: Float64Array): number {
  const onBoundary: number[] = []
  for (let pixel = 0; pixel < boundary.length; pixel++) if (boundary[pixel] === 1) onBoundary.push(distances[pixel])
  return quantile(Float64Array.from(onBoundary).sort(), 0.95)
}
