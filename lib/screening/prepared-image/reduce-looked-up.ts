import type { ImageSize } from '../kernel/geometry.ts'
import type { GreyLookUp } from './grey-look-up.ts'
import { type AxisWeights, axisWeights, mixColumns } from './resample.ts'

/**
 * `resampleRows` of the grey levels of stored values, in one pass over these: the picture of the source's size is never
 * made. The same operations in the same order, so the same numbers to the last bit.
 * Shape: from.rows × from.columns in.
 * @param visit Called with each target row, from 0 on. The line is overwritten by the next one.
 */
export function reduceLookedUp(
  lookUp: GreyLookUp,
  from: ImageSize,
  to: ImageSize,
  visit: (line: Float32Array, row: number) => void,
): void {
  const down = axisWeights(from.rows, to.rows)
  const across = axisWeights(from.columns, to.columns)
  // Taps of weight 0 may read beyond the last column: the extra entries stay 0.
  const mixed = new Float32Array(from.columns + across.count)
  const out = new Float32Array(to.columns)
  for (let row = 0; row < to.rows; row++) {
    mixLookedUp(lookUp, from, down, row, mixed)
    mixColumns(mixed, across, 0, out)
    visit(out, row)
  }
}

/** Four source rows at a time, rounded to single precision after each two, as `resampleRows` does. */
function mixLookedUp(
  { words, table }: GreyLookUp,
  { rows, columns }: ImageSize,
  { first, weights, count }: AxisWeights,
  target: number,
  line: Float32Array,
): void {
  const weightOf = (tap: number): number => (tap < count ? weights[target * count + tap] : 0)
  // A tap of weight 0 may lie below the picture: the last row stands for it.
  const startOf = (tap: number): number => Math.min(rows - 1, first[target] + tap) * columns
  for (let tap = 0; tap < count; tap += 4) {
    const [a, b, c, d] = [weightOf(tap), weightOf(tap + 1), weightOf(tap + 2), weightOf(tap + 3)]
    const [atA, atB, atC, atD] = [startOf(tap), startOf(tap + 1), startOf(tap + 2), startOf(tap + 3)]
    for (let column = 0; column < columns; column++) {
      const upper = a * table[words[atA + column]] + b * table[words[atB + column]]
      const lower = c * table[words[atC + column]] + d * table[words[atD + column]]
      // The first four rows need nothing added.
      const before = tap === 0 ? upper : line[column] + upper
      line[column] = Math.fround(before) + lower
    }
  }
}
