import type { ImageSize } from '../../screening/kernel/geometry.ts'

/**
 * The exact Euclidean distance of every pixel centre to the nearest pixel that is set (not 0); Infinity when none is.
 * Shape: rows × columns. Unit: that of the spacing.
 * @see Felzenszwalb, Huttenlocher 2012, Theory of Computing 8:415
 */
export function distanceToSet(
  set: Uint8Array,
  { rows, columns }: ImageSize,
  spacing: { row: number; column: number } = { row: 1, column: 1 },
): Float64Array {
  const squared = new Float64Array(set.length).fill(Number.POSITIVE_INFINITY)
  for (let pixel = 0; pixel < set.length; pixel++) if (set[pixel] !== 0) squared[pixel] = 0
  const longest = Math.max(rows, columns)
  const line = new Float64Array(longest)
  const scratch: Scratch = {
    sites: new Int32Array(longest),
    bounds: new Float64Array(longest + 1),
    out: new Float64Array(longest),
  }
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) line[row] = squared[row * columns + column]
    lowerEnvelope(line, rows, spacing.row, scratch)
    for (let row = 0; row < rows; row++) squared[row * columns + column] = scratch.out[row]
  }
  for (let row = 0; row < rows; row++) {
    line.set(squared.subarray(row * columns, (row + 1) * columns))
    lowerEnvelope(line, columns, spacing.column, scratch)
    squared.set(scratch.out.subarray(0, columns), row * columns)
  }
  for (let pixel = 0; pixel < squared.length; pixel++) squared[pixel] = Math.sqrt(squared[pixel])
  return squared
}

/** Room for one line: the parabolas of the envelope, where each begins to be lowest, and the result. */
interface Scratch {
  readonly sites: Int32Array
  readonly bounds: Float64Array
  readonly out: Float64Array
}

/** One dimension: min over q of f(q) + (step (p − q))², through the lower envelope of the parabolas. */
function lowerEnvelope(f: Float64Array, length: number, step: number, { sites, bounds, out }: Scratch): void {
  const square = step * step
  let last = -1
  for (let q = 0; q < length; q++) {
    if (f[q] === Number.POSITIVE_INFINITY) continue
    let meets = Number.NEGATIVE_INFINITY
    while (last >= 0) {
      const site = sites[last]
      meets = (f[q] - f[site] + square * (q * q - site * site)) / (2 * square * (q - site))
      if (meets > bounds[last]) break
      last--
    }
    last++
    sites[last] = q
    bounds[last] = last === 0 ? Number.NEGATIVE_INFINITY : meets
  }
  if (last < 0) {
    out.fill(Number.POSITIVE_INFINITY)
    return
  }
  for (let p = 0, k = 0; p < length; p++) {
    while (k < last && bounds[k + 1] < p) k++
    const offset = p - sites[k]
    out[p] = f[sites[k]] + square * offset * offset
  }
}
