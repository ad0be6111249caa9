export interface CalibrationBin {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly positives: number
  /** Mean probability of the images in the bin. */
  readonly meanProbability: number
  /** Fraction of them that is positive. */
  readonly observed: number
}

/** Bins of equal width (0, 0.1], (0.1, 0.2], …, the first one closed, as scikit-learn's; empty bins are left out. */
export function calibrationCurve(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  bins = 10,
): CalibrationBin[] {
  const counts = new Float64Array(bins)
  const positives = new Float64Array(bins)
  const sums = new Float64Array(bins)
  for (let image = 0; image < labels.length; image++) {
    const bin = Math.max(0, Math.ceil(probabilities[image] * bins - 1e-9) - 1)
    counts[bin]++
    positives[bin] += labels[image]
    sums[bin] += probabilities[image]
  }
  return [...counts.keys()]
    .filter((bin) => counts[bin] > 0)
    .map((bin) => ({
      from: bin / bins,
      to: (bin + 1) / bins,
      count: counts[bin],
      positives: positives[bin],
      meanProbability: sums[bin] / counts[bin],
      observed: positives[bin] / counts[bin],
    }))
}

/** Mean squared difference of probability and label. Range: 0 best … 1. @see Brier 1950, Monthly Weather Review 78:1 */
export function brierLoss(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  weights: ArrayLike<number> | null = null,
): number | null {
  let sum = 0
  let total = 0
  for (let image = 0; image < labels.length; image++) {
    const weight = weights ? weights[image] : 1
    sum += weight * (probabilities[image] - labels[image]) ** 2
    total += weight
  }
  return total === 0 ? null : sum / total
}

/**
 * Expected calibration error: |observed − mean probability| of the bins, weighted by their images.
 * @see Naeini, Cooper, Hauskrecht 2015, AAAI
 */
export function expectedCalibrationError(curve: readonly CalibrationBin[]): number | null {
  const total = curve.reduce((sum, bin) => sum + bin.count, 0)
  if (total === 0) return null
  return curve.reduce((sum, bin) => sum + (bin.count / total) * Math.abs(bin.observed - bin.meanProbability), 0)
}

export interface Recalibration {
  /** 0: the probabilities are right on the whole; below: too high. At slope 1. */
  readonly interceptInTheLarge: number
  /** 1: as spread as they should be; below: too extreme. */
  readonly slope: number
}

/**
 * Logistic regression of the label on logit(probability), by Newton's method. Probabilities are kept 1e−7 away
 * from 0 and 1. @returns null when a class is absent or the classes are separated perfectly
 * @see Van Calster et al. 2019, BMC Medicine 17:230
 */
export function recalibration(labels: ArrayLike<number>, probabilities: ArrayLike<number>): Recalibration | null {
  const logits = Float64Array.from(probabilities, (p) => {
    const kept = Math.min(1 - 1e-7, Math.max(1e-7, p))
    return Math.log(kept / (1 - kept))
  })
  const positives = Array.from(labels).filter((label) => label === 1).length
  if (positives === 0 || positives === labels.length) return null
  const full = fitLogistic(labels, logits, true)
  const large = fitLogistic(labels, logits, false)
  return full && large ? { interceptInTheLarge: large.intercept, slope: full.slope } : null
}

function fitLogistic(
  labels: ArrayLike<number>,
  logits: Float64Array,
  withSlope: boolean,
): { intercept: number; slope: number } | null {
  let intercept = 0
  let slope = 1
  for (let round = 0; round < 100; round++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0]
    for (let image = 0; image < logits.length; image++) {
      const x = logits[image]
      const fitted = 1 / (1 + Math.exp(-(intercept + slope * x)))
      const weight = fitted * (1 - fitted)
      g0 += labels[image] - fitted
      g1 += (labels[image] - fitted) * x
      h00 += weight
      h01 += weight * x
      h11 += weight * x * x
    }
    const determinant = h00 * h11 - h01 * h01
    if (h00 < 1e-12 || (withSlope && determinant < 1e-12)) return null
    const stepIntercept = withSlope ? (h11 * g0 - h01 * g1) / determinant : g0 / h00
    const stepSlope = withSlope ? (h00 * g1 - h01 * g0) / determinant : 0
    intercept += stepIntercept
    slope += stepSlope
    if (!Number.isFinite(intercept) || Math.abs(slope) > 1e3) return null
    if (Math.abs(stepIntercept) + Math.abs(stepSlope) < 1e-12) return { intercept, slope }
  }
  return null
}
