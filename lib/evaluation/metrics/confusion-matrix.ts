import { type Measure, measureOf } from './interval.ts'
import { wilsonInterval } from './wilson-interval.ts'

export interface ConfusionMatrix {
  readonly truePositives: number
  readonly falsePositives: number
  readonly trueNegatives: number
  readonly falseNegatives: number
}

export function confusionMatrixOf(labels: ArrayLike<number>, called: ArrayLike<number | boolean>): ConfusionMatrix {
  const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 }
  for (let image = 0; image < labels.length; image++) {
    if (called[image]) counts[labels[image] === 1 ? 'truePositives' : 'falsePositives']++
    else counts[labels[image] === 1 ? 'falseNegatives' : 'trueNegatives']++
  }
  return counts
}

export interface DiagnosticAccuracy {
  readonly sensitivity: Measure
  readonly specificity: Measure
  readonly positivePredictiveValue: Measure
  readonly negativePredictiveValue: Measure
  readonly accuracy: Measure
}

/** Proportions of a confusion matrix with Wilson intervals. The predictive values hold at this sample's prevalence. */
export function diagnosticAccuracy(matrix: ConfusionMatrix, level = 0.95): DiagnosticAccuracy {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = matrix
  const proportion = (part: number, rest: number, why: string): Measure =>
    measureOf(part + rest === 0 ? null : part / (part + rest), wilsonInterval(part, part + rest, level), why)
  return {
    sensitivity: proportion(truePositives, falseNegatives, 'no positive image'),
    specificity: proportion(trueNegatives, falsePositives, 'no negative image'),
    positivePredictiveValue: proportion(truePositives, falsePositives, 'no image was called positive'),
    negativePredictiveValue: proportion(trueNegatives, falseNegatives, 'no image was called negative'),
    accuracy: proportion(truePositives + trueNegatives, falsePositives + falseNegatives, 'no image'),
  }
}

/**
 * Predictive values where disease is as frequent as stated, by Bayes' theorem. Range: all in [0, 1].
 * @returns null for a value whose denominator is 0
 */
export function predictiveValuesAt(
  prevalence: number,
  sensitivity: number,
  specificity: number,
): { positive: number | null; negative: number | null } {
  const truePositive = sensitivity * prevalence
  const falsePositive = (1 - specificity) * (1 - prevalence)
  const trueNegative = specificity * (1 - prevalence)
  const falseNegative = (1 - sensitivity) * prevalence
  return {
    positive: truePositive + falsePositive === 0 ? null : truePositive / (truePositive + falsePositive),
    negative: trueNegative + falseNegative === 0 ? null : trueNegative / (trueNegative + falseNegative),
  }
}
