import { type BootstrapPlan, bootstrapInterval } from '../metrics/bootstrap.ts'
import {
  type ConfusionMatrix,
  confusionMatrixOf,
  type DiagnosticAccuracy,
  diagnosticAccuracy,
  predictiveValuesAt,
} from '../metrics/confusion-matrix.ts'
import { type Measure, measureOf } from '../metrics/interval.ts'
import type { EvaluatedImage, UnanalysedImage } from './evaluated-image.ts'

/** A rule that calls an image suspected. */
export interface CallingRule {
  readonly id: string
  /** `deployed`: what the product did; `declared`: of the bundle or the command line; `chosen-here`: on these very images. */
  readonly origin: 'deployed' | 'declared' | 'chosen-here'
  readonly threshold: number | null
  readonly calls: (image: EvaluatedImage) => boolean
}

export interface OperatingPointAccuracy extends DiagnosticAccuracy {
  readonly id: string
  readonly origin: CallingRule['origin']
  readonly threshold: number | null
  readonly matrix: ConfusionMatrix
  readonly atPrevalence: { readonly prevalence: number; readonly positive: Measure; readonly negative: Measure }[]
  /** Every image that was not analysed counted as called wrongly. */
  readonly worstCase: Pick<DiagnosticAccuracy, 'sensitivity' | 'specificity'>
}

export const thresholdRule = (id: string, origin: CallingRule['origin'], threshold: number): CallingRule => ({
  id,
  origin,
  threshold,
  calls: (image) => image.probability >= threshold,
})

export function operatingPointAccuracy(
  images: readonly EvaluatedImage[],
  notAnalysed: readonly UnanalysedImage[],
  rule: CallingRule,
  prevalences: readonly number[],
  plan: BootstrapPlan,
): OperatingPointAccuracy {
  const called = images.map(rule.calls)
  const matrix = confusionMatrixOf(plan.strata, called)
  const accuracy = diagnosticAccuracy(matrix, plan.level)
  const missedPositives = notAnalysed.filter((image) => image.positive).length
  const { sensitivity, specificity } = diagnosticAccuracy(
    {
      ...matrix,
      falseNegatives: matrix.falseNegatives + missedPositives,
      falsePositives: matrix.falsePositives + notAnalysed.length - missedPositives,
    },
    plan.level,
  )
  return {
    id: rule.id,
    origin: rule.origin,
    threshold: rule.threshold,
    matrix,
    ...accuracy,
    atPrevalence: prevalences.map((prevalence) => ({ prevalence, ...restated(prevalence, called, accuracy, plan) })),
    worstCase: { sensitivity, specificity },
  }
}

/** Predictive values at a stated prevalence, their intervals by resampling sensitivity and specificity together. */
function restated(
  prevalence: number,
  called: readonly boolean[],
  { sensitivity, specificity }: DiagnosticAccuracy,
  plan: BootstrapPlan,
): { positive: Measure; negative: Measure } {
  const why = 'sensitivity or specificity is undefined, or nothing is called'
  if (sensitivity.value === null || specificity.value === null) {
    return { positive: { value: null, why }, negative: { value: null, why } }
  }
  const value = predictiveValuesAt(prevalence, sensitivity.value, specificity.value)
  const interval = (which: 'positive' | 'negative') =>
    bootstrapInterval(plan, (weights) => {
      const rates = weightedRates(plan.strata, called, weights)
      return rates && predictiveValuesAt(prevalence, rates.sensitivity, rates.specificity)[which]
    })
  return {
    positive: measureOf(value.positive, interval('positive'), why),
    negative: measureOf(value.negative, interval('negative'), why),
  }
}

function weightedRates(
  labels: ArrayLike<number>,
  called: readonly boolean[],
  weights: ArrayLike<number>,
): { sensitivity: number; specificity: number } | null {
  let [positives, negatives, found, cleared] = [0, 0, 0, 0]
  for (let image = 0; image < called.length; image++) {
    const weight = weights[image]
    if (labels[image] === 1) {
      positives += weight
      if (called[image]) found += weight
    } else {
      negatives += weight
      if (!called[image]) cleared += weight
    }
  }
  return positives === 0 || negatives === 0
    ? null
    : { sensitivity: found / positives, specificity: cleared / negatives }
}
