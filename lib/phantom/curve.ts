/** A smooth function of one variable through given points, constant beyond the ends. */
export type Curve = (at: number) => number

/**
 * Monotone cubic interpolation (Fritsch–Carlson slopes): smooth, and without the overshoot that would put bumps on an outline.
 * Tabulated once, since outlines are read for every pixel.
 * @param points [position, value], positions ascending
 * @param step distance between table entries
 */
export function smoothCurve(points: readonly (readonly [number, number])[], step = 0.5): Curve {
  const first = points[0][0]
  const last = points[points.length - 1][0]
  const count = Math.max(2, Math.ceil((last - first) / step) + 1)
  const slopes = monotoneSlopes(points)
  const table = new Float64Array(count)
  let k = 0
  for (let i = 0; i < count; i++) {
    const x = Math.min(last, first + i * step)
    while (k < points.length - 2 && x > points[k + 1][0]) k++
    const [x0, y0] = points[k]
    const [x1, y1] = points[k + 1]
    const h = x1 - x0
    const t = (x - x0) / h
    const s = 1 - t
    table[i] =
      y0 * (1 + 2 * t) * s * s + y1 * (3 - 2 * t) * t * t + h * (slopes[k] * t * s * s - slopes[k + 1] * t * t * s)
  }
  return (at) => {
    const position = (at - first) / step
    if (!(position > 0)) return table[0]
    if (position >= count - 1) return table[count - 1]
    const i = position | 0
    return table[i] + (table[i + 1] - table[i]) * (position - i)
  }
}

function monotoneSlopes(points: readonly (readonly [number, number])[]): number[] {
  const secants = points.slice(1).map(([x, y], i) => (y - points[i][1]) / (x - points[i][0]))
  return points.map((_, i) => {
    if (i === 0) return secants[0]
    if (i === points.length - 1) return secants[i - 1]
    const before = secants[i - 1]
    const after = secants[i]
    return before * after <= 0 ? 0 : (2 * before * after) / (before + after)
  })
}

/** 0 below `low`, 1 above `high`, smooth between. */
export function smoothStep(low: number, high: number, x: number): number {
  const t = (x - low) / (high - low)
  return t <= 0 ? 0 : t >= 1 ? 1 : t * t * (3 - 2 * t)
}
