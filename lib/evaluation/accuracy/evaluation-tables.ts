import type { Measure } from '../metrics/interval.ts'
import {
  formatCount,
  formatInterval,
  formatMeasure,
  formatNumber,
  formatP,
  formatPercent,
} from '../report/format-figures.ts'
import type { ReportTable } from '../report/table-html.ts'
import type { Comparison, Evaluation } from './evaluate-results.ts'
import type { PairedProportion } from './paired-comparison.ts'
import { publishedStudy } from './published-study.ts'

export function publishedStudyTable({ classification, operatingPoints }: Evaluation): ReportTable {
  const [deployed] = operatingPoints
  return {
    caption: 'Beside the published study',
    header: ['Figure', 'Published study', 'Here (95 % interval)'],
    rows: [
      ['AUC', formatNumber(publishedStudy.auc), formatMeasure(classification.auc.delong)],
      ['Accuracy', formatPercent(publishedStudy.accuracy), percentMeasure(deployed.accuracy)],
      [
        'Negative predictive value',
        formatNumber(publishedStudy.negativePredictiveValue),
        formatMeasure(deployed.negativePredictiveValue),
      ],
      [
        'Average precision',
        formatNumber(publishedStudy.averagePrecision),
        formatMeasure(classification.averagePrecision),
      ],
      ['Share with pneumothorax', '–', formatPercent(classification.positives / Math.max(1, classification.images))],
    ],
    note: 'Different images and another share of pneumothorax: accuracy, NPV and average precision depend on it, so this is orientation, not a comparison.',
  }
}

export function operatingPointTable({ operatingPoints }: Evaluation): ReportTable {
  return {
    caption: 'Operating points, images that were not analysed left out',
    header: ['Operating point', 'Threshold', 'TP', 'FP', 'TN', 'FN', 'Sensitivity', 'Specificity', 'Accuracy'],
    rows: operatingPoints.map((point) => [
      point.id,
      formatNumber(point.threshold),
      formatCount(point.matrix.truePositives),
      formatCount(point.matrix.falsePositives),
      formatCount(point.matrix.trueNegatives),
      formatCount(point.matrix.falseNegatives),
      formatMeasure(point.sensitivity),
      formatMeasure(point.specificity),
      formatMeasure(point.accuracy),
    ]),
    note: "Wilson intervals. A threshold 'chosen here' was picked on these very images: its figures are too good.",
  }
}

export function predictiveValueTable({ operatingPoints }: Evaluation): ReportTable {
  const prevalences = operatingPoints[0].atPrevalence.map(({ prevalence }) => formatPercent(prevalence, 0))
  return {
    caption: 'Predictive values',
    header: [
      'Operating point',
      'PPV here',
      'NPV here',
      ...prevalences.flatMap((prevalence) => [`PPV at ${prevalence}`, `NPV at ${prevalence}`]),
    ],
    rows: operatingPoints.map((point) => [
      point.id,
      formatMeasure(point.positivePredictiveValue),
      formatMeasure(point.negativePredictiveValue),
      ...point.atPrevalence.flatMap(({ positive, negative }) => [formatMeasure(positive), formatMeasure(negative)]),
    ]),
    note: "Here: Wilson intervals, at this sample's share of pneumothorax. At a stated prevalence: Bayes' theorem from sensitivity and specificity, bootstrap intervals.",
  }
}

export function worstCaseTable({ operatingPoints }: Evaluation): ReportTable {
  const [deployed] = operatingPoints
  return {
    caption: 'Images that were not analysed, at the deployed operating point',
    header: ['Taken as', 'Sensitivity', 'Specificity'],
    rows: [
      ['left out', formatMeasure(deployed.sensitivity), formatMeasure(deployed.specificity)],
      [
        'worst case: every one called wrongly',
        formatMeasure(deployed.worstCase.sensitivity),
        formatMeasure(deployed.worstCase.specificity),
      ],
    ],
    note: 'Never counted as negative. Labelled images without any stored result are in neither row.',
  }
}

export function segmentationTable({ segmentation }: Evaluation): ReportTable | null {
  if (!segmentation) return null
  const { hausdorff95Mm: mm, hausdorff95Pixels: pixels, lesions } = segmentation
  const quartiles = ({ lowerQuartile, upperQuartile }: typeof mm): string =>
    lowerQuartile === null ? '–' : `quartiles ${formatNumber(lowerQuartile, 1)} and ${formatNumber(upperQuartile, 1)}`
  return {
    caption: 'Segmentation against the reference masks',
    header: ['Figure', 'Value (95 % interval)', 'Over'],
    rows: [
      ['Dice, both empty = 1', formatMeasure(segmentation.dice), `${formatCount(segmentation.images)} images`],
      [
        'Dice, positive only',
        formatMeasure(segmentation.positiveDice),
        `${formatCount(segmentation.positives)} images`,
      ],
      [
        'IoU, positive only',
        formatMeasure(segmentation.positiveIntersectionOverUnion),
        `${formatCount(segmentation.positives)} images`,
      ],
      ['Hausdorff 95, mm (median)', formatMeasure(mm.median, 1), `${mm.images} images, ${quartiles(mm)}`],
      [
        'Hausdorff 95, pixels (median)',
        formatMeasure(pixels.median, 1),
        `${pixels.images} images, ${quartiles(pixels)}`,
      ],
      [
        'Lesions detected',
        formatMeasure(segmentation.lesionSensitivity),
        `${formatCount(lesions.detected)} of ${formatCount(lesions.reference)} lesions`,
      ],
      [
        'False lesions per image',
        formatMeasure(segmentation.falseLesionsPerImage),
        `${formatCount(lesions.predicted)} regions predicted`,
      ],
    ],
    note: 'Missed images count 0 in Dice and IoU and are absent from the Hausdorff distances, which need two masks. A lesion (8-connected region) is detected when at least a tenth of it is covered; a predicted region is false when less than a tenth of it lies on a reference mask.',
  }
}

export function timeTable({ time }: Evaluation): ReportTable {
  return {
    caption: 'Time per image, ms',
    header: ['Stage', 'Images', 'Median', '95th percentile', 'Maximum'],
    rows: time.map((stage) => [
      stage.stage,
      formatCount(stage.images),
      ...[stage.median, stage.percentile95, stage.maximum].map((ms) => formatNumber(ms, 0)),
    ]),
  }
}

export function comparisonTable({ nameA, nameB, paired, a, b }: Comparison): ReportTable {
  const { auc, positiveDice } = paired
  const mcnemar = ({ images, rightA, rightB, onlyA, onlyB, p }: PairedProportion): string[] => [
    formatNumber(images === 0 ? null : rightA / images),
    formatNumber(images === 0 ? null : rightB / images),
    `${images === 0 ? '–' : formatNumber((rightA - rightB) / images)}; right only in A ${onlyA}, only in B ${onlyB}`,
    `McNemar, exact: p ${formatP(p)}`,
  ]
  return {
    caption: `A (${nameA}) against B (${nameB}) on ${formatCount(paired.images)} common images, ${formatCount(paired.positives)} with pneumothorax`,
    header: ['Figure', 'A', 'B', 'A − B (95 % interval)', 'Paired test'],
    rows: [
      [
        'AUC',
        formatMeasure(a.auc.delong),
        formatMeasure(b.auc.delong),
        auc ? `${formatNumber(auc.difference)}${formatInterval(auc)}` : 'undefined: fewer than two images of a class',
        auc ? `DeLong: p ${formatP(auc.p)}` : '–',
      ],
      [
        'Average precision',
        formatMeasure(a.averagePrecision),
        formatMeasure(b.averagePrecision),
        formatMeasure(paired.averagePrecision),
        'paired bootstrap',
      ],
      ['Brier', formatMeasure(a.brier), formatMeasure(b.brier), formatMeasure(paired.brier), 'paired bootstrap'],
      ['Sensitivity', ...mcnemar(paired.sensitivity)],
      ['Specificity', ...mcnemar(paired.specificity)],
      [
        `Positive-only Dice (${positiveDice.images} images)`,
        formatNumber(positiveDice.meanA),
        formatNumber(positiveDice.meanB),
        formatMeasure(positiveDice.difference),
        positiveDice.test ? `Wilcoxon, signed ranks: p ${formatP(positiveDice.test.p)}` : 'no pair differs',
      ],
    ],
    note: `Left out: ${paired.onlyInA} images that only A analysed, ${paired.onlyInB} that only B did. p values are not adjusted for the number of tests.`,
  }
}

function percentMeasure(measure: Measure): string {
  if (measure.value === null) return formatMeasure(measure)
  const { interval } = measure
  return `${formatPercent(measure.value)}${interval ? ` (${formatPercent(interval.lower)} to ${formatPercent(interval.upper)})` : ''}`
}
