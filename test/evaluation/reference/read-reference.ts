import { readFileSync } from 'node:fs'

interface ClassificationCase {
  name: string
  labels: number[]
  probabilities: number[]
  other: number[]
  auc: number
  roc: { false_positive_rate: number[]; sensitivity: number[]; thresholds: number[] }
  average_precision: number
  precision: number[]
  recall: number[]
  brier: number
  calibration: { observed: number[]; mean_probability: number[] }
  expected_calibration_error: number
  calibration_slope: number
  calibration_intercept_in_the_large: number
  delong: { variance: number; lower: number; upper: number }
  paired_delong: { auc_a: number; auc_b: number; standard_error: number; p: number }
  matrix: { truePositives: number; falsePositives: number; trueNegatives: number; falseNegatives: number }
  sensitivity: number
  specificity: number
  positive_predictive_value: number
  negative_predictive_value: number
  accuracy: number
}

interface MaskCase {
  rows: number
  columns: number
  spacing: [number, number]
  reference: number[]
  predicted: number[]
  dice: number
  intersection_over_union: number
  hausdorff95: number
  distance_sum: number
  lesions: { referenceLesions: number; detectedLesions: number; predictedLesions: number; falseLesions: number }
}

export interface Reference {
  classification: ClassificationCase[]
  weighted: {
    labels: number[]
    probabilities: number[]
    weights: number[]
    auc: number
    average_precision: number
    brier: number
  }[]
  wilson: { successes: number; total: number; level: number; lower: number; upper: number }[]
  normal: { z: number; cumulative: number; two_sided: number }[]
  normal_quantile: { p: number; z: number }[]
  chi_squared: { x: number; df: number; p: number }[]
  log_gamma: { x: number; value: number }[]
  contingency: { table: number[][]; statistic: number; p: number; df: number; v: number }[]
  mcnemar: { right_a: boolean[]; right_b: boolean[]; only_a: number; only_b: number; p: number }
  wilcoxon: { a: number[]; b: number[]; statistic: number; p: number; pairs: number }
  two_proportions: { events: [number, number][]; p: number }
  drift: { before: number[]; after: number[]; ks: number; ks_p: number; psi: number; psi_p: number }
  kolmogorov: { x: number; p: number }[]
  quantiles: { values: number[]; fractions: number[]; expected: number[] }
  masks: MaskCase[]
}

/** What make_reference.py wrote. */
export const reference = JSON.parse(readFileSync(new URL('reference.json', import.meta.url), 'utf8')) as Reference

/** A mask from the row-major places at which its value changes. */
export function maskOf(changes: number[], pixels: number): Uint8Array {
  const mask = new Uint8Array(pixels)
  for (let at = 0; at < changes.length; at += 2) mask.fill(1, changes[at], changes[at + 1])
  return mask
}
