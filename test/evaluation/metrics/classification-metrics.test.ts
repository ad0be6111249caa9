import { describe, expect, it } from 'vitest'
import {
  brierLoss,
  calibrationCurve,
  expectedCalibrationError,
  recalibration,
} from '../../../lib/evaluation/metrics/calibration.ts'
import {
  confusionMatrixOf,
  diagnosticAccuracy,
  predictiveValuesAt,
} from '../../../lib/evaluation/metrics/confusion-matrix.ts'
import { delongEstimate, pairedDelongTest } from '../../../lib/evaluation/metrics/delong.ts'
import { averagePrecision, precisionRecallCurve } from '../../../lib/evaluation/metrics/precision-recall.ts'
import { rankProbabilities } from '../../../lib/evaluation/metrics/ranked-probabilities.ts'
import {
  areaUnderRoc,
  pointAtSensitivity,
  receiverOperatingCurve,
  youdenPoint,
} from '../../../lib/evaluation/metrics/receiver-operating-curve.ts'
import { wilsonInterval } from '../../../lib/evaluation/metrics/wilson-interval.ts'
import { reference } from '../reference/read-reference.ts'

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length)
  actual.forEach((value, at) => {
    expect(value).toBeCloseTo(expected[at], 12)
  })
}

describe.each(reference.classification)('on $name', (expected) => {
  const { labels, probabilities, other } = expected
  const ranked = rankProbabilities(labels, probabilities)

  it('draws the ROC curve of scikit-learn', () => {
    const curve = receiverOperatingCurve(ranked)!
    expectClose(
      curve.map((point) => point.falsePositiveRate),
      expected.roc.false_positive_rate,
    )
    expectClose(
      curve.map((point) => point.sensitivity),
      expected.roc.sensitivity,
    )
    expectClose(
      curve.slice(1).map((point) => point.threshold),
      expected.roc.thresholds,
    )
  })

  it('has the AUC and average precision of scikit-learn', () => {
    expect(areaUnderRoc(ranked)).toBeCloseTo(expected.auc, 12)
    expect(averagePrecision(ranked)).toBeCloseTo(expected.average_precision, 12)
  })

  it('draws the precision-recall curve of scikit-learn', () => {
    const curve = precisionRecallCurve(ranked)!
    expectClose(
      curve.map((point) => point.precision),
      expected.precision,
    )
    expectClose(
      curve.map((point) => point.recall),
      expected.recall,
    )
  })

  it("has the interval of DeLong's definition", () => {
    const estimate = delongEstimate(labels, probabilities)!
    expect(estimate.auc).toBeCloseTo(expected.auc, 12)
    expect(estimate.variance).toBeCloseTo(expected.delong.variance, 12)
    expect(estimate.interval.lower).toBeCloseTo(expected.delong.lower, 12)
    expect(estimate.interval.upper).toBeCloseTo(expected.delong.upper, 12)
  })

  it('has a width on six images that it ranks without a mistake', () => {
    const { auc, interval } = delongEstimate([1, 1, 1, 0, 0, 0], [0.9, 0.8, 0.7, 0.3, 0.2, 0.1])!
    expect(auc).toBe(1)
    expect(interval).toMatchObject({ upper: 1, method: 'Newcombe' })
    expect(interval.lower).toBeGreaterThan(0.3)
    expect(interval.lower).toBeLessThan(0.8)
  })

  it("has the paired test of DeLong's definition", () => {
    const test = pairedDelongTest(labels, probabilities, other)!
    expect(test.aucA).toBeCloseTo(expected.paired_delong.auc_a, 12)
    expect(test.aucB).toBeCloseTo(expected.paired_delong.auc_b, 12)
    expect(test.standardError).toBeCloseTo(expected.paired_delong.standard_error, 12)
    expect(test.p).toBeCloseTo(expected.paired_delong.p, 12)
  })

  it('counts the confusion matrix and proportions of scikit-learn', () => {
    const matrix = confusionMatrixOf(
      labels,
      probabilities.map((p) => p >= 0.5),
    )
    expect(matrix).toEqual(expected.matrix)
    const accuracy = diagnosticAccuracy(matrix)
    expect(accuracy.sensitivity.value).toBeCloseTo(expected.sensitivity, 12)
    expect(accuracy.specificity.value).toBeCloseTo(expected.specificity, 12)
    expect(accuracy.positivePredictiveValue.value).toBeCloseTo(expected.positive_predictive_value, 12)
    expect(accuracy.negativePredictiveValue.value).toBeCloseTo(expected.negative_predictive_value, 12)
    expect(accuracy.accuracy.value).toBeCloseTo(expected.accuracy, 12)
  })

  it('is calibrated as scikit-learn says', () => {
    const curve = calibrationCurve(labels, probabilities)
    expectClose(
      curve.map((bin) => bin.observed),
      expected.calibration.observed,
    )
    expectClose(
      curve.map((bin) => bin.meanProbability),
      expected.calibration.mean_probability,
    )
    expect(brierLoss(labels, probabilities)).toBeCloseTo(expected.brier, 12)
    expect(expectedCalibrationError(curve)).toBeCloseTo(expected.expected_calibration_error, 12)
    const fit = recalibration(labels, probabilities)!
    expect(fit.slope).toBeCloseTo(expected.calibration_slope, 9)
    expect(fit.interceptInTheLarge).toBeCloseTo(expected.calibration_intercept_in_the_large, 8)
  })
})

it.each(reference.weighted)('weighs images as scikit-learn does ($auc)', (expected) => {
  const ranked = rankProbabilities(expected.labels, expected.probabilities)
  expect(areaUnderRoc(ranked, expected.weights)).toBeCloseTo(expected.auc, 12)
  expect(averagePrecision(ranked, expected.weights)).toBeCloseTo(expected.average_precision, 12)
  expect(brierLoss(expected.labels, expected.probabilities, expected.weights)).toBeCloseTo(expected.brier, 12)
})

it.each(reference.wilson)("has SciPy's Wilson interval for $successes of $total", (expected) => {
  const interval = wilsonInterval(expected.successes, expected.total, expected.level)!
  expect(interval.lower).toBeCloseTo(expected.lower, 12)
  expect(interval.upper).toBeCloseTo(expected.upper, 12)
})

it('restates predictive values at another prevalence', () => {
  const { positive, negative } = predictiveValuesAt(0.01, 0.9, 0.8)
  expect(positive).toBeCloseTo(0.009 / (0.009 + 0.198), 12)
  expect(negative).toBeCloseTo(0.792 / (0.792 + 0.001), 12)
  expect(predictiveValuesAt(0.5, 0, 1)).toEqual({ positive: null, negative: 0.5 })
})

it('picks the Youden point and the point at a wanted sensitivity', () => {
  const curve = receiverOperatingCurve(rankProbabilities([1, 1, 0, 1, 0, 0], [0.9, 0.8, 0.7, 0.6, 0.3, 0.1]))!
  expect(youdenPoint(curve)).toMatchObject({ threshold: 0.6, sensitivity: 1 })
  expect(pointAtSensitivity(curve, 0.6).threshold).toBe(0.8)
})

describe('what does not exist', () => {
  it.each([
    ['no negative', [1, 1], [0.2, 0.9]],
    ['no positive', [0, 0], [0.2, 0.9]],
    ['nothing', [], []],
  ])('is null with %s, never NaN', (_, labels, probabilities) => {
    const ranked = rankProbabilities(labels, probabilities)
    expect(areaUnderRoc(ranked)).toBeNull()
    expect(receiverOperatingCurve(ranked)).toBeNull()
    expect(delongEstimate(labels, probabilities)).toBeNull()
    expect(pairedDelongTest(labels, probabilities, probabilities)).toBeNull()
    expect(recalibration(labels, probabilities)).toBeNull()
  })

  it('says why a proportion of nothing is missing', () => {
    const accuracy = diagnosticAccuracy(confusionMatrixOf([1, 1], [false, true]))
    expect(accuracy.specificity).toEqual({ value: null, why: 'no negative image' })
    expect(accuracy.sensitivity.value).toBe(0.5)
  })

  it('finds no difference between a reading and itself', () => {
    expect(pairedDelongTest([0, 0, 1, 1], [0.1, 0.6, 0.5, 0.9], [0.1, 0.6, 0.5, 0.9])!.p).toBe(1)
  })

  it.each([
    ['a NaN probability', [0, 1], [0.5, Number.NaN]],
    ['a label of 2', [0, 2], [0.5, 0.5]],
    ['lengths that differ', [0, 1], [0.5]],
  ])('refuses %s', (_, labels, probabilities) => {
    expect(() => rankProbabilities(labels, probabilities)).toThrow(RangeError)
  })
})
