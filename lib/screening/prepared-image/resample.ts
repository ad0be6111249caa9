import type { BoundingBox, ImageSize } from '../kernel/geometry.ts'

/** For each target position along one axis: the first source position and the weights from there on. */
export interface AxisWeights {
  readonly first: Int32Array
  /** `count` weights per target position, zero-padded; each position's weights sum to 1. */
  readonly weights: Float32Array
  readonly count: number
}

type Picture = Uint8Array | Uint16Array | Float32Array

/**
 * Resamples a picture, each axis on its own: area averaging with fractional coverage where the axis shrinks,
 * bilinear between pixel centres (edges repeated) where it grows. Half-pixel centres throughout, so that
 * source = (target + 0.5) × from / to − 0.5. No rounding.
 * Shape: from.rows × from.columns in, to.rows × to.columns out, row-major.
 */
export function resample(values: Picture, from: ImageSize, to: ImageSize): Float32Array {
  const out = new Float32Array(to.rows * to.columns)
  const whole = { row: 0, column: 0, ...to }
  resampleRows(values, from, to, whole, (line, row) => out.set(line, row * to.columns))
  return out
}

/**
 * Resamples row by row, so that what is made of a large picture need not hold all of it.
 * @param part Only this part of the target is computed.
 * @param visit Called with each row of the part, from its first (0) on. The line is overwritten by the next one.
 */
export function resampleRows(
  values: Picture,
  from: ImageSize,
  to: ImageSize,
  part: BoundingBox,
  visit: (line: Float32Array, row: number) => void,
): void {
  const down = axisWeights(from.rows, to.rows)
  const across = axisWeights(from.columns, to.columns)
  // Taps of weight 0 may read beyond the last column: the extra entries stay 0.
  const mixed = new Float32Array(from.columns + across.count)
  const out = new Float32Array(part.columns)
  for (let row = 0; row < part.rows; row++) {
    mixRows(values, from.columns, down, part.row + row, mixed)
    mixColumns(mixed, across, part.column, out)
    visit(out, row)
  }
}

/** Adds up the weighted source rows of one target row, two at a time: that halves the passes over the target row. */
function mixRows(
  values: Picture,
  columns: number,
  { first, weights, count }: AxisWeights,
  target: number,
  line: Float32Array,
): void {
  line.fill(0)
  for (let tap = 0; tap < count; tap += 2) {
    const upper = weights[target * count + tap]
    const lower = tap + 1 < count ? weights[target * count + tap + 1] : 0
    const start = (first[target] + tap) * columns
    const next = start + columns
    // A row of weight 0 may lie beyond the picture.
    if (lower !== 0) {
      for (let column = 0; column < columns; column++) {
        line[column] += upper * values[start + column] + lower * values[next + column]
      }
    } else if (upper !== 0) {
      for (let column = 0; column < columns; column++) line[column] += upper * values[start + column]
    }
  }
}

export function mixColumns(
  line: Float32Array,
  { first, weights, count }: AxisWeights,
  firstTarget: number,
  out: Float32Array,
): void {
  if (count === 2) {
    interpolateColumns(line, first, weights, firstTarget, out)
    return
  }
  if (count === 3 || count === 4) {
    mixThreeOrFour(line, { first, weights, count }, firstTarget, out)
    return
  }
  for (let column = 0; column < out.length; column++) {
    const from = first[firstTarget + column]
    const weight = (firstTarget + column) * count
    let sum = 0
    for (let tap = 0; tap < count; tap++) sum += weights[weight + tap] * line[from + tap]
    out[column] = sum
  }
}

/** `mixColumns` for two taps, in half of the time: for a mask of 64 megapixels it computes 64 million sums. */
function interpolateColumns(
  line: Float32Array,
  first: Int32Array,
  weights: Float32Array,
  firstTarget: number,
  out: Float32Array,
): void {
  for (let column = 0; column < out.length; column++) {
    const target = firstTarget + column
    const from = first[target]
    out[column] = weights[2 * target] * line[from] + weights[2 * target + 1] * line[from + 1]
  }
}

/** `mixColumns` for what a chest is mostly reduced by. Without a fourth tap, the fourth weighs nothing. */
function mixThreeOrFour(
  line: Float32Array,
  { first, weights, count }: AxisWeights,
  firstTarget: number,
  out: Float32Array,
): void {
  const hasFourth = count === 4
  for (let column = 0, weight = firstTarget * count; column < out.length; column++, weight += count) {
    const from = first[firstTarget + column]
    const three =
      weights[weight] * line[from] + weights[weight + 1] * line[from + 1] + weights[weight + 2] * line[from + 2]
    out[column] = hasFourth ? three + weights[weight + 3] * line[from + 3] : three
  }
}

export function axisWeights(from: number, to: number): AxisWeights {
  return to < from ? areaWeights(from, to) : bilinearWeights(from, to)
}

function areaWeights(from: number, to: number): AxisWeights {
  const scale = from / to
  const count = Math.ceil(scale) + 1
  const first = new Int32Array(to)
  const weights = new Float32Array(to * count)
  for (let target = 0; target < to; target++) {
    const begin = target * scale
    const end = Math.min(from, begin + scale)
    first[target] = Math.floor(begin)
    for (let source = first[target]; source < Math.ceil(end - 1e-9); source++) {
      const covered = Math.min(end, source + 1) - Math.max(begin, source)
      weights[target * count + source - first[target]] = covered / (end - begin)
    }
  }
  return { first, weights, count }
}

function bilinearWeights(from: number, to: number): AxisWeights {
  const first = new Int32Array(to)
  const weights = new Float32Array(to * 2)
  for (let target = 0; target < to; target++) {
    const position = Math.min(from - 1, Math.max(0, ((target + 0.5) * from) / to - 0.5))
    first[target] = Math.min(Math.floor(position), Math.max(0, from - 2))
    const fraction = position - first[target]
    weights[target * 2] = 1 - fraction
    if (from > 1) weights[target * 2 + 1] = fraction
  }
  return { first, weights, count: 2 }
}
