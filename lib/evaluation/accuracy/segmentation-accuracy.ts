import { bootstrapInterval, quantile, weightedMean } from '../metrics/bootstrap.ts'
import { type Measure, measureOf } from '../metrics/interval.ts'
import { wilsonInterval } from '../metrics/wilson-interval.ts'
import type { EvaluatedImage, SegmentationAgreement } from './evaluated-image.ts'
import { type Resampling, resamplingPlan } from './resampling-plan.ts'

export interface SegmentationAccuracy {
  /** Images with a reference, empty or not. */
  readonly images: number
  readonly positives: number
  /** Over all images, both masks empty counting 1. */
  readonly dice: Measure
  /** Over images with a reference mask; a missed one counts 0. */
  readonly positiveDice: Measure
  readonly positiveIntersectionOverUnion: Measure
  /** Over images with a reference mask and a predicted one. Unit: mm and pixels of the reference's grid. */
  readonly hausdorff95Mm: DistanceSummary
  readonly hausdorff95Pixels: DistanceSummary
  readonly lesionSensitivity: Measure
  readonly lesions: { readonly reference: number; readonly detected: number; readonly predicted: number }
  readonly falseLesionsPerImage: Measure
}

export interface DistanceSummary {
  readonly images: number
  readonly median: Measure
  readonly lowerQuartile: number | null
  readonly upperQuartile: number | null
}

type WithReference = EvaluatedImage & { readonly segmentation: SegmentationAgreement }

export function withReference(images: readonly EvaluatedImage[]): WithReference[] {
  return images.filter((image): image is WithReference => image.segmentation !== null)
}

export function segmentationAccuracy(images: readonly EvaluatedImage[], resampling: Resampling): SegmentationAccuracy {
  const compared = withReference(images)
  const positive = compared.filter((image) => image.segmentation.lesions.referenceLesions > 0)
  const sum = (of: (image: WithReference) => number): number => compared.reduce((total, image) => total + of(image), 0)
  const reference = sum((image) => image.segmentation.lesions.referenceLesions)
  const detected = sum((image) => image.segmentation.lesions.detectedLesions)
  return {
    images: compared.length,
    positives: positive.length,
    dice: meanMeasure(compared, (image) => image.segmentation.dice, resampling),
    positiveDice: meanMeasure(positive, (image) => image.segmentation.dice, resampling),
    positiveIntersectionOverUnion: meanMeasure(positive, (i) => i.segmentation.intersectionOverUnion, resampling),
    hausdorff95Mm: distanceSummary(positive, (image) => image.segmentation.hausdorff95Mm, resampling),
    hausdorff95Pixels: distanceSummary(positive, (image) => image.segmentation.hausdorff95Pixels, resampling),
    lesionSensitivity: measureOf(
      reference === 0 ? null : detected / reference,
      wilsonInterval(detected, reference, resampling.level),
      'no lesion in the reference',
    ),
    lesions: { reference, detected, predicted: sum((image) => image.segmentation.lesions.predictedLesions) },
    falseLesionsPerImage: meanMeasure(compared, (image) => image.segmentation.lesions.falseLesions, resampling),
  }
}

/** Mean over images with its bootstrap interval. */
export function meanMeasure<T extends EvaluatedImage>(
  images: readonly T[],
  of: (image: T) => number,
  resampling: Resampling,
): Measure {
  const values = Float64Array.from(images, of)
  const mean = weightedMean(values, new Uint8Array(values.length).fill(1))
  const plan = resamplingPlan(images, resampling)
  const interval = values.length < 2 ? null : bootstrapInterval(plan, (weights) => weightedMean(values, weights))
  return measureOf(mean, interval, 'no image with a reference mask')
}

function distanceSummary(
  images: readonly WithReference[],
  of: (image: WithReference) => number | null,
  resampling: Resampling,
): DistanceSummary {
  const known = images.filter((image) => of(image) !== null)
  const values = Float64Array.from(known, (image) => of(image)!)
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a] - values[b])
  const ascending = values.slice().sort()
  const interval =
    known.length < 2
      ? null
      : bootstrapInterval(resamplingPlan(known, resampling), (weights) => weightedMedian(values, order, weights))
  const at = (fraction: number): number | null => (known.length === 0 ? null : quantile(ascending, fraction))
  return {
    images: known.length,
    median: measureOf(at(0.5), interval, 'no image with both masks and a known spacing'),
    lowerQuartile: at(0.25),
    upperQuartile: at(0.75),
  }
}

function weightedMedian(values: Float64Array, order: Int32Array, weights: ArrayLike<number>): number | null {
  const total = order.reduce((sum, image) => sum + weights[image], 0)
  let passed = 0
  let lower: number | null = null
  for (const image of order) {
    passed += weights[image]
    if (lower !== null && weights[image] > 0) return (lower + values[image]) / 2
    if (passed * 2 > total) return values[image]
    if (passed * 2 === total && total > 0) lower = values[image]
  }
  return lower
}
