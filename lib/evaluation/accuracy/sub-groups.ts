import { oldestPlausibleAge } from '../dataset/plausible-age.ts'
import { confusionMatrixOf, type DiagnosticAccuracy, diagnosticAccuracy } from '../metrics/confusion-matrix.ts'
import { delongEstimate } from '../metrics/delong.ts'
import { type Measure, measureOf } from '../metrics/interval.ts'
import type { EvaluatedImage } from './evaluated-image.ts'
import type { Resampling } from './resampling-plan.ts'
import { meanMeasure, withReference } from './segmentation-accuracy.ts'

export interface SubGroupAccuracy extends Pick<DiagnosticAccuracy, 'sensitivity' | 'specificity'> {
  readonly group: string
  readonly images: number
  readonly positives: number
  readonly auc: Measure
  readonly positiveDice: Measure
}

export interface SubGrouping {
  readonly id: 'view' | 'sex' | 'age' | 'mask-size'
  readonly title: string
  readonly groups: readonly SubGroupAccuracy[]
}

const ageBands: readonly [upTo: number, name: string][] = [
  [18, 'under 18'],
  [40, '18–39'],
  [60, '40–59'],
  [80, '60–79'],
  [oldestPlausibleAge + 1, '80 and over'],
  [Number.POSITIVE_INFINITY, `over ${oldestPlausibleAge} (implausible)`],
]

export function ageBandOf(ageYears: number | null): string {
  if (ageYears === null) return 'not stated'
  return ageBands.find(([upTo]) => ageYears < upTo)![1]
}

export const ageBandNames = [...ageBands.map(([, name]) => name), 'not stated']

const maskBands: readonly [upTo: number, name: string][] = [
  [0.005, 'below 0.5 % of the image'],
  [0.02, '0.5–2 %'],
  [0.05, '2–5 %'],
  [Number.POSITIVE_INFINITY, '5 % and more'],
]

/** The figures by view, sex, age band and size of the reference mask, at the deployed operating point. */
export function subGroups(images: readonly EvaluatedImage[], resampling: Resampling): SubGrouping[] {
  const by = (of: (image: EvaluatedImage) => string, order: readonly string[] | null): SubGroupAccuracy[] => {
    const names = [...new Set(images.map(of))].sort((a, b) =>
      order
        ? order.indexOf(a) - order.indexOf(b)
        : Number(a === 'not stated') - Number(b === 'not stated') || (a < b ? -1 : 1),
    )
    return names.map((name) =>
      groupAccuracy(
        name,
        images.filter((image) => of(image) === name),
        resampling,
      ),
    )
  }
  return [
    { id: 'view', title: 'View position', groups: by((image) => image.viewPosition ?? 'not stated', null) },
    { id: 'sex', title: 'Sex', groups: by((image) => image.sex ?? 'not stated', null) },
    { id: 'age', title: 'Age, years', groups: by((image) => ageBandOf(image.ageYears), ageBandNames) },
    {
      id: 'mask-size',
      title: 'Size of the pneumothorax, against all negatives',
      groups: byMaskSize(images, resampling),
    },
  ]
}

function byMaskSize(images: readonly EvaluatedImage[], resampling: Resampling): SubGroupAccuracy[] {
  const negatives = images.filter((image) => !image.positive)
  const positives = withReference(images).filter(
    (image) => image.positive && image.segmentation.referenceAreaFraction > 0,
  )
  return maskBands
    .map(([upTo, name], band) => {
      const from = band === 0 ? 0 : maskBands[band - 1][0]
      const within = positives.filter(({ segmentation: { referenceAreaFraction: fraction } }) => {
        return fraction >= from && fraction < upTo
      })
      return { name, within }
    })
    .filter(({ within }) => within.length > 0)
    .map(({ name, within }) => groupAccuracy(name, [...within, ...negatives], resampling))
}

function groupAccuracy(group: string, images: readonly EvaluatedImage[], resampling: Resampling): SubGroupAccuracy {
  const labels = images.map((image) => (image.positive ? 1 : 0))
  const called = images.map((image) => image.called)
  const { sensitivity, specificity } = diagnosticAccuracy(confusionMatrixOf(labels, called), resampling.level)
  const auc = delongEstimate(
    labels,
    images.map((image) => image.probability),
    resampling.level,
  )
  const withMask = withReference(images).filter((image) => image.segmentation.lesions.referenceLesions > 0)
  return {
    group,
    images: images.length,
    positives: labels.filter((label) => label === 1).length,
    auc: measureOf(auc?.auc ?? null, auc?.interval ?? null, 'fewer than two images of a class'),
    sensitivity,
    specificity,
    positiveDice: meanMeasure(withMask, (image) => image.segmentation.dice, resampling),
  }
}
