import type { ImageSize } from '../screening/kernel/geometry.ts'
import type { SeededRandom } from './seeded-random.ts'

/**
 * Smooth random texture: normal-like values on a coarse lattice, interpolated by quadratic B-splines.
 * @param cell distance between lattice points. Unit: pixels
 * @returns about zero mean, unit variance at lattice points. Shape: rows × columns
 */
export function smoothNoise(size: ImageSize, cell: number, random: SeededRandom): Float32Array {
  const { rows, columns } = size
  const latticeColumns = Math.ceil(columns / cell) + 4
  const latticeRows = Math.ceil(rows / cell) + 4
  const lattice = new Float32Array(latticeColumns * latticeRows)
  for (let i = 0; i < lattice.length; i++) lattice[i] = normalLike(random) * 1.8
  const result = new Float32Array(rows * columns)
  const line = new Float32Array(latticeColumns)
  for (let row = 0; row < rows; row++) {
    const v = row / cell
    const j = Math.floor(v)
    const [a, b, c] = quadraticWeights(v - j)
    for (let i = 0; i < latticeColumns; i++) {
      const k = j * latticeColumns + i
      line[i] = a * lattice[k] + b * lattice[k + latticeColumns] + c * lattice[k + 2 * latticeColumns]
    }
    for (let column = 0; column < columns; column++) {
      const u = column / cell
      const i = u | 0
      const f = u - i
      const g = 1 - f
      result[row * columns + column] = 0.5 * g * g * line[i] + (0.5 + f * g) * line[i + 1] + 0.5 * f * f * line[i + 2]
    }
  }
  return result
}

function quadraticWeights(f: number): [number, number, number] {
  const g = 1 - f
  return [0.5 * g * g, 0.5 + f * g, 0.5 * f * f]
}

/** Sum of four uniform 16-bit numbers, scaled to unit variance: close to normal and cheap enough for every pixel. */
export function normalLike(random: SeededRandom): number {
  const p = random.bits()
  const q = random.bits()
  const sum = (p & 0xffff) + (p >>> 16) + (q & 0xffff) + (q >>> 16)
  return (sum / 65536 - 2) * 1.7320508
}

/**
 * Near-Gaussian blur: three box passes each way, edges repeated.
 * @param sigma standard deviation. Unit: pixels
 */
export function blur(values: Float32Array, size: ImageSize, sigma: number): Float32Array {
  const radius = Math.max(0, Math.round((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2))
  if (radius === 0) return values
  const from = values.slice()
  const to = new Float32Array(values.length)
  for (let pass = 0; pass < 3; pass++) {
    boxAlong(from, to, size.rows, size.columns, size.columns, 1, radius)
    boxAlong(to, from, size.columns, size.rows, 1, size.columns, radius)
  }
  return from
}

function boxAlong(
  from: Float32Array,
  to: Float32Array,
  lines: number,
  length: number,
  lineStride: number,
  stride: number,
  radius: number,
): void {
  const scale = 1 / (2 * radius + 1)
  for (let line = 0; line < lines; line++) {
    const start = line * lineStride
    const end = start + (length - 1) * stride
    let sum = from[start] * (radius + 1)
    for (let k = 1; k <= radius; k++) sum += from[Math.min(end, start + k * stride)]
    for (let i = 0; i < length; i++) {
      to[start + i * stride] = sum * scale
      const enter = start + (i + radius + 1) * stride
      const leave = start + (i - radius) * stride
      sum += from[enter > end ? end : enter] - from[leave < start ? start : leave]
    }
  }
}

/** Mean over blocks of `factor` × `factor` pixels; the last blocks may be smaller. */
export function shrink(
  values: Float32Array,
  size: ImageSize,
  factor: number,
): { readonly values: Float32Array; readonly size: ImageSize } {
  const small = { rows: Math.ceil(size.rows / factor), columns: Math.ceil(size.columns / factor) }
  const result = new Float32Array(small.rows * small.columns)
  const counts = new Float32Array(result.length)
  for (let row = 0; row < size.rows; row++) {
    const line = Math.floor(row / factor) * small.columns
    for (let column = 0; column < size.columns; column++) {
      const k = line + Math.floor(column / factor)
      result[k] += values[row * size.columns + column]
      counts[k]++
    }
  }
  for (let k = 0; k < result.length; k++) result[k] /= counts[k]
  return { values: result, size: small }
}

/** Reads a shrunken field at a full-size pixel, bilinear. */
export function readShrunken(
  field: { readonly values: Float32Array; readonly size: ImageSize },
  factor: number,
  row: number,
  column: number,
): number {
  const { rows, columns } = field.size
  const y = Math.min(rows - 1, Math.max(0, (row + 0.5) / factor - 0.5))
  const x = Math.min(columns - 1, Math.max(0, (column + 0.5) / factor - 0.5))
  const j = Math.min(rows - 2 < 0 ? 0 : rows - 2, y | 0)
  const i = Math.min(columns - 2 < 0 ? 0 : columns - 2, x | 0)
  const f = y - j
  const g = x - i
  const k = j * columns + i
  const below = rows > 1 ? columns : 0
  const beside = columns > 1 ? 1 : 0
  const upper = field.values[k] * (1 - g) + field.values[k + beside] * g
  const lower = field.values[k + below] * (1 - g) + field.values[k + below + beside] * g
  return upper * (1 - f) + lower * f
}
