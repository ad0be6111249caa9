import { bootstrapInterval } from '../metrics/bootstrap.ts'
import {
  brierLoss,
  type CalibrationBin,
  calibrationCurve,
  expectedCalibrationError,
  type Recalibration,
  recalibration,
} from '../metrics/calibration.ts'
import { delongEstimate } from '../metrics/delong.ts'
import { type Measure, measureOf } from '../metrics/interval.ts'
import { averagePrecision, type PrecisionRecallPoint, precisionRecallCurve } from '../metrics/precision-recall.ts'
import { rankProbabilities } from '../metrics/ranked-probabilities.ts'
import { areaUnderRoc, type RocPoint, receiverOperatingCurve } from '../metrics/receiver-operating-curve.ts'
import type { EvaluatedImage } from './evaluated-image.ts'
import { type Resampling, resamplingPlan } from './resampling-plan.ts'

/** How well the probabilities tell the classes apart, and how true they are. */
export interface ClassificationAccuracy {
  readonly images: number
  readonly positives: number
  /** Null when not every image names its patient. */
  readonly patients: number | null
  readonly auc: { readonly delong: Measure; readonly bootstrap: Measure }
  readonly averagePrecision: Measure
  readonly brier: Measure
  readonly expectedCalibrationError: Measure
  readonly recalibration: Recalibration | null
  readonly calibration: readonly CalibrationBin[]
  /** Null when only one class is present. */
  readonly roc: readonly RocPoint[] | null
  readonly precisionRecall: readonly PrecisionRecallPoint[] | null
}

const oneClass = 'only one class is present'

export function classificationAccuracy(
  images: readonly EvaluatedImage[],
  resampling: Resampling,
): ClassificationAccuracy {
  const plan = resamplingPlan(images, resampling)
  const labels = Uint8Array.from(plan.strata)
  const probabilities = Float64Array.from(images, (image) => image.probability)
  const ranked = rankProbabilities(labels, probabilities)
  const auc = areaUnderRoc(ranked)
  const curve = calibrationCurve(labels, probabilities)
  return {
    images: images.length,
    positives: images.filter((image) => image.positive).length,
    patients: plan.patients ? new Set(plan.patients).size : null,
    auc: {
      delong: measureOf(auc, delongEstimate(labels, probabilities, plan.level)?.interval ?? null, oneClass),
      bootstrap: measureOf(
        auc,
        auc === null ? null : bootstrapInterval(plan, (weights) => areaUnderRoc(ranked, weights)),
        oneClass,
      ),
    },
    averagePrecision: measureOf(
      averagePrecision(ranked),
      bootstrapInterval(plan, (weights) => averagePrecision(ranked, weights)),
      'no positive image',
    ),
    brier: measureOf(
      brierLoss(labels, probabilities),
      bootstrapInterval(plan, (weights) => brierLoss(labels, probabilities, weights)),
      'no image',
    ),
    // No interval for the ECE: resampling adds noise to the bins, which raises it, so the percentiles would lie above the value.
    expectedCalibrationError: measureOf(expectedCalibrationError(curve), null, 'no image'),
    recalibration: recalibration(labels, probabilities),
    calibration: curve,
    roc: receiverOperatingCurve(ranked),
    precisionRecall: precisionRecallCurve(ranked),
  }
}
