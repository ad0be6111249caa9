import { pointAtSensitivity, youdenPoint } from '../metrics/receiver-operating-curve.ts'
import { type CascadeAccounting, cascadeAccounting, isDiscordant } from './cascade-accounting.ts'
import { type ClassificationAccuracy, classificationAccuracy } from './classification-accuracy.ts'
import type { LoadedSample } from './load-sample.ts'
import {
  type CallingRule,
  type OperatingPointAccuracy,
  operatingPointAccuracy,
  thresholdRule,
} from './operating-points.ts'
import { type PairedComparison, pairedComparison } from './paired-comparison.ts'
import { type Resampling, resamplingPlan } from './resampling-plan.ts'
import { type SegmentationAccuracy, segmentationAccuracy } from './segmentation-accuracy.ts'
import { type SubGrouping, subGroups } from './sub-groups.ts'
import { type StageTime, timePerImage } from './time-per-image.ts'

export interface EvaluationSettings {
  readonly resampling: Resampling
  /** At which PPV and NPV are restated. Range: (0, 1). */
  readonly prevalences: readonly number[]
  /** Beside the deployed one. */
  readonly operatingPoints: readonly { readonly id: string; readonly threshold: number }[]
}

/** Every figure of a report. */
export interface Evaluation {
  readonly settings: EvaluationSettings
  readonly counts: {
    readonly labelled: number
    readonly analysed: number
    readonly notAnalysed: number
    readonly withoutResult: number
    readonly withoutLabel: number
    readonly reasons: Readonly<Record<string, number>>
  }
  readonly classification: ClassificationAccuracy
  readonly operatingPoints: readonly OperatingPointAccuracy[]
  /** Null without reference masks. */
  readonly segmentation: SegmentationAccuracy | null
  readonly cascade: CascadeAccounting
  readonly subGroups: readonly SubGrouping[]
  readonly time: readonly StageTime[]
  readonly problems: readonly string[]
}

export function evaluateSample(sample: LoadedSample, settings: EvaluationSettings): Evaluation {
  const { images, notAnalysed, withoutResult } = sample
  const classification = classificationAccuracy(images, settings.resampling)
  const plan = resamplingPlan(images, settings.resampling)
  const rules = callingRules(sample, classification, settings)
  const compared = images.some((image) => image.segmentation !== null)
  const contradicting =
    sample.deployed.length === 1
      ? images.filter((image) => image.called !== image.probability >= sample.deployed[0].threshold).length
      : 0
  return {
    settings,
    counts: {
      labelled: images.length + notAnalysed.length + withoutResult.length,
      analysed: images.length,
      notAnalysed: notAnalysed.length,
      withoutResult: withoutResult.length,
      withoutLabel: sample.withoutLabel,
      reasons: countBy(notAnalysed.map((image) => image.reason)),
    },
    classification,
    operatingPoints: rules.map((rule) => operatingPointAccuracy(images, notAnalysed, rule, settings.prevalences, plan)),
    segmentation: compared ? segmentationAccuracy(images, settings.resampling) : null,
    cascade: cascadeAccounting(images, notAnalysed),
    subGroups: subGroups(images, settings.resampling),
    time: timePerImage(images),
    problems: [
      ...sample.problems,
      ...(withoutResult.length > 0
        ? [
            `${withoutResult.length} labelled images have no stored result: the run is not complete, or the filter is too wide`,
          ]
        : []),
      ...(sample.deployed.length > 1 ? ['the results were made at more than one operating point'] : []),
      ...(contradicting > 0 ? [`${contradicting} outcomes contradict the stored threshold`] : []),
    ],
  }
}

/** The comparison of two samples with the figures of each on the common images. */
export interface Comparison {
  readonly nameA: string
  readonly nameB: string
  readonly paired: PairedComparison
  readonly a: ClassificationAccuracy
  readonly b: ClassificationAccuracy
}

export function compareSamples(
  a: { name: string; sample: LoadedSample },
  b: { name: string; sample: LoadedSample },
  resampling: Resampling,
): Comparison {
  const keys = new Set(b.sample.images.map((image) => image.key))
  const common = a.sample.images.filter((image) => keys.has(image.key))
  const commonKeys = new Set(common.map((image) => image.key))
  return {
    nameA: a.name,
    nameB: b.name,
    paired: pairedComparison(a.sample.images, b.sample.images, resampling),
    a: classificationAccuracy(common, resampling),
    b: classificationAccuracy(
      b.sample.images.filter((image) => commonKeys.has(image.key)),
      resampling,
    ),
  }
}

function callingRules(
  sample: LoadedSample,
  { roc }: ClassificationAccuracy,
  settings: EvaluationSettings,
): CallingRule[] {
  const [deployed] = sample.deployed
  const threshold = sample.deployed.length === 1 ? deployed.threshold : null
  const chosen = roc
    ? [
        thresholdRule('Youden (chosen here)', 'chosen-here', youdenPoint(roc).threshold),
        thresholdRule('sensitivity 0.95 (chosen here)', 'chosen-here', pointAtSensitivity(roc, 0.95).threshold),
      ]
    : []
  return [
    { id: deployed?.id ?? 'deployed', origin: 'deployed', threshold, calls: (image) => image.called },
    {
      id: 'discordant as negative',
      origin: 'declared',
      threshold,
      calls: (image) => image.called && !isDiscordant(image),
    },
    ...settings.operatingPoints.map((point) => thresholdRule(point.id, 'declared', point.threshold)),
    ...chosen,
  ]
}

export function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
