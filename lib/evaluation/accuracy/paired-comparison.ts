import { bootstrapInterval, weightedMean } from '../metrics/bootstrap.ts'
import { type PairedDeLongTest, pairedDelongTest } from '../metrics/delong.ts'
import { type Measure, measureOf } from '../metrics/interval.ts'
import { type McNemarTest, mcnemarTest } from '../metrics/mcnemar.ts'
import { averagePrecision } from '../metrics/precision-recall.ts'
import { rankProbabilities } from '../metrics/ranked-probabilities.ts'
import { type WilcoxonTest, wilcoxonSignedRank } from '../metrics/wilcoxon-signed-rank.ts'
import type { EvaluatedImage } from './evaluated-image.ts'
import { type Resampling, resamplingPlan } from './resampling-plan.ts'

/** How many of the images of a class each one calls rightly. */
export interface PairedProportion extends McNemarTest {
  readonly images: number
  readonly rightA: number
  readonly rightB: number
}

/** Two sets of results on the same images; differences are A − B. */
export interface PairedComparison {
  /** Images that both analysed. */
  readonly images: number
  readonly positives: number
  readonly onlyInA: number
  readonly onlyInB: number
  /** Null when a class has fewer than two images. */
  readonly auc: PairedDeLongTest | null
  readonly averagePrecision: Measure
  readonly brier: Measure
  /** Right or wrong at each one's deployed operating point. */
  readonly sensitivity: PairedProportion
  readonly specificity: PairedProportion
  /** Over images with a reference mask. */
  readonly positiveDice: {
    readonly images: number
    readonly meanA: number | null
    readonly meanB: number | null
    readonly difference: Measure
    readonly test: WilcoxonTest | null
  }
}

export function pairedComparison(
  imagesA: readonly EvaluatedImage[],
  imagesB: readonly EvaluatedImage[],
  resampling: Resampling,
): PairedComparison {
  const otherByKey = new Map(imagesB.map((image) => [image.key, image]))
  const a = imagesA.filter((image) => otherByKey.has(image.key))
  const b = a.map((image) => otherByKey.get(image.key)!)
  const plan = resamplingPlan(a, resampling)
  const labels = plan.strata
  const [pA, pB] = [a, b].map((images) => images.map((image) => image.probability))
  const [rankedA, rankedB] = [rankProbabilities(labels, pA), rankProbabilities(labels, pB)]
  const squared = pA.map((p, at) => (p - labels[at]) ** 2 - (pB[at] - labels[at]) ** 2)
  const precision = (weights: ArrayLike<number> | null): number | null => {
    const [first, second] = [averagePrecision(rankedA, weights), averagePrecision(rankedB, weights)]
    return first === null || second === null ? null : first - second
  }
  const rightWithin = (positive: boolean): PairedProportion => {
    const rightA = a.filter((image) => image.positive === positive).map((image) => image.called === positive)
    const rightB = b.filter((_, at) => a[at].positive === positive).map((image) => image.called === positive)
    return {
      images: rightA.length,
      rightA: rightA.filter(Boolean).length,
      rightB: rightB.filter(Boolean).length,
      ...mcnemarTest(rightA, rightB),
    }
  }
  return {
    images: a.length,
    positives: a.filter((image) => image.positive).length,
    onlyInA: imagesA.length - a.length,
    onlyInB: imagesB.length - a.length,
    auc: pairedDelongTest(labels, pA, pB, resampling.level),
    averagePrecision: measureOf(precision(null), bootstrapInterval(plan, precision), 'no positive image'),
    brier: measureOf(
      weightedMean(squared, new Uint8Array(squared.length).fill(1)),
      bootstrapInterval(plan, (weights) => weightedMean(squared, weights)),
      'no common image',
    ),
    sensitivity: rightWithin(true),
    specificity: rightWithin(false),
    positiveDice: compareDice(a, b, resampling),
  }
}

function compareDice(
  a: readonly EvaluatedImage[],
  b: readonly EvaluatedImage[],
  resampling: Resampling,
): PairedComparison['positiveDice'] {
  const places = a.flatMap((image, at) => {
    const judged = image.segmentation && b[at].segmentation
    return judged && image.segmentation.lesions.referenceLesions > 0 ? [at] : []
  })
  const diceA = places.map((at) => a[at].segmentation!.dice)
  const diceB = places.map((at) => b[at].segmentation!.dice)
  const differences = diceA.map((dice, at) => dice - diceB[at])
  const once = new Uint8Array(places.length).fill(1)
  const plan = resamplingPlan(
    places.map((at) => a[at]),
    resampling,
  )
  return {
    images: places.length,
    meanA: weightedMean(diceA, once),
    meanB: weightedMean(diceB, once),
    difference: measureOf(
      weightedMean(differences, once),
      bootstrapInterval(plan, (weights) => weightedMean(differences, weights)),
      'no image with a reference mask',
    ),
    test: wilcoxonSignedRank(diceA, diceB),
  }
}
