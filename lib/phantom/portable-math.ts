/**
 * Transcendental functions from +, −, ×, ÷ and sqrt alone.
 *
 * ECMAScript leaves the last bits of `Math.sin`, `Math.exp` and the like to the engine, and V8 has changed them before;
 * the five operations used here are exact in IEEE 754. A phantom is therefore the same bit for bit wherever it is drawn.
 * Accuracy: about 1e-9 relative, far below one grey level.
 */

const ln2 = Math.LN2
export const pi = Math.PI
const halfPi = pi / 2

/** e^x for |x| ≤ 700. */
export function exp(x: number): number {
  const n = Math.floor(x / ln2 + 0.5)
  const r = x - n * ln2
  // Taylor series to the 9th order: |r| ≤ 0.35, remainder below 1e-11.
  const series =
    1 +
    r *
      (1 +
        (r / 2) *
          (1 + (r / 3) * (1 + (r / 4) * (1 + (r / 5) * (1 + (r / 6) * (1 + (r / 7) * (1 + (r / 8) * (1 + r / 9))))))))
  return series * powerOfTwo(n)
}

function powerOfTwo(n: number): number {
  let result = 1
  let base = n < 0 ? 0.5 : 2
  for (let k = Math.abs(n); k > 0; k = Math.floor(k / 2)) {
    if (k % 2 === 1) result *= base
    base *= base
  }
  return result
}

/** Natural logarithm of a positive finite number. */
export function log(x: number): number {
  let n = 0
  let m = x
  while (m > Math.SQRT2) {
    m /= 2
    n++
  }
  while (m < Math.SQRT1_2) {
    m *= 2
    n--
  }
  // ln m = 2 artanh s, s = (m − 1)/(m + 1), |s| ≤ 0.172.
  const s = (m - 1) / (m + 1)
  const q = s * s
  return n * ln2 + 2 * s * (1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q / 11)))))
}

/** x^y for x ≥ 0. */
export function power(x: number, y: number): number {
  return x > 0 ? exp(y * log(x)) : 0
}

export function sin(x: number): number {
  const turns = Math.floor(x / pi + 0.5)
  const r = x - turns * pi
  const q = r * r
  const series =
    r *
    (1 -
      (q / 6) *
        (1 -
          (q / 20) *
            (1 - (q / 42) * (1 - (q / 72) * (1 - (q / 110) * (1 - (q / 156) * (1 - (q / 210) * (1 - q / 272))))))))
  return turns % 2 === 0 ? series : -series
}

export function cos(x: number): number {
  return sin(x + halfPi)
}

/** Angle of (x, y) in −π … π, as `Math.atan2`; 0 at the origin. */
export function atan2(y: number, x: number): number {
  const ax = Math.abs(x)
  const ay = Math.abs(y)
  if (ax === 0 && ay === 0) return 0
  let angle = arctangent(Math.min(ax, ay) / Math.max(ax, ay))
  if (ay > ax) angle = halfPi - angle
  if (x < 0) angle = pi - angle
  return y < 0 ? -angle : angle
}

/** For 0 ≤ t ≤ 1: halves the angle twice, then the series. */
function arctangent(t: number): number {
  const half = t / (1 + Math.sqrt(1 + t * t))
  const quarter = half / (1 + Math.sqrt(1 + half * half))
  const q = quarter * quarter
  return 4 * quarter * (1 - q * (1 / 3 - q * (1 / 5 - q * (1 / 7 - q * (1 / 9 - q * (1 / 11 - q / 13))))))
}
