import { contourColours } from '../report/contour-thumbnail.ts'
import type { Figure } from '../report/draw-plot.ts'
import { formatCount, formatMeasure, formatNumber, formatPercent } from '../report/format-figures.ts'
import { type Html, html } from '../report/html.ts'
import { buildReportPage, figuresHtml, type ReportSection, remarksHtml } from '../report/report-page.ts'
import { tableHtml } from '../report/table-html.ts'
import type { Report } from '../report/write-report.ts'
import type { CascadeAccounting } from './cascade-accounting.ts'
import type { Comparison, Evaluation } from './evaluate-results.ts'
import type { EvaluatedImage } from './evaluated-image.ts'
import {
  comparisonTable,
  operatingPointTable,
  predictiveValueTable,
  publishedStudyTable,
  segmentationTable,
  timeTable,
  worstCaseTable,
} from './evaluation-tables.ts'
import { calibrationFigure } from './figures/calibration-figure.ts'
import { cascadeFigure } from './figures/cascade-figure.ts'
import { comparisonFigure } from './figures/comparison-figure.ts'
import { diceFigures } from './figures/dice-figures.ts'
import { precisionRecallFigure } from './figures/precision-recall-figure.ts'
import { probabilityFigure } from './figures/probability-figure.ts'
import { rocFigure } from './figures/roc-figure.ts'
import { subGroupFigure } from './figures/sub-group-figure.ts'
import { timeFigure } from './figures/time-figure.ts'

export interface EvaluationReportParts {
  readonly title: string
  readonly models: readonly string[]
  readonly images: readonly EvaluatedImage[]
  readonly evaluation: Evaluation
  readonly comparison: Comparison | null
  readonly gallery: readonly Html[]
  /** Words of the person who ran it, printed at the top: which split, what overlaps with training. */
  readonly remark: string | null
}

export function buildEvaluationReport(parts: EvaluationReportParts): Report {
  const { evaluation, comparison, images } = parts
  const [deployed] = evaluation.operatingPoints
  const classification = present([
    rocFigure(evaluation.classification, evaluation.operatingPoints),
    precisionRecallFigure(evaluation.classification),
    calibrationFigure(evaluation.classification),
    probabilityFigure(images, deployed.threshold),
  ])
  const dice = evaluation.segmentation ? diceFigures(images, evaluation.segmentation) : []
  const groups = present(evaluation.subGroups.map(subGroupFigure))
  const cascade = [cascadeFigure(evaluation.cascade)]
  const time = present([timeFigure(evaluation.time)])
  const compared = comparison
    ? present([
        comparisonFigure(
          { name: comparison.nameA, accuracy: comparison.a },
          { name: comparison.nameB, accuracy: comparison.b },
        ),
      ])
    : []
  const segmentation = segmentationTable(evaluation)
  const sections: (ReportSection | null)[] = [
    { id: 'summary', title: 'In short', body: summary(parts) },
    {
      id: 'classification',
      title: 'Classification',
      body: [
        figuresHtml(classification),
        tableHtml(operatingPointTable(evaluation)),
        tableHtml(predictiveValueTable(evaluation)),
        tableHtml(worstCaseTable(evaluation)),
      ],
    },
    segmentation && {
      id: 'segmentation',
      title: 'Segmentation',
      body: [tableHtml(segmentation), figuresHtml(dice)],
    },
    {
      id: 'cascade',
      title: 'The cascade',
      body: [figuresHtml(cascade), html`<p>${cascadeWords(evaluation.cascade)}</p>\n`],
    },
    groups.length > 0 ? { id: 'sub-groups', title: 'Sub-groups', body: [wideFigures(groups)] } : null,
    comparison && {
      id: 'comparison',
      title: 'Comparison',
      body: [tableHtml(comparisonTable(comparison)), figuresHtml(compared)],
    },
    parts.gallery.length > 0
      ? {
          id: 'failures',
          title: 'Failures, worst first',
          body: [
            html`<p>Outlines: <span class="swatch" style="background:${contourColours.reference}"></span>reference <span class="swatch" style="background:${contourColours.predicted}"></span>predicted.</p>\n`,
            ...parts.gallery,
          ],
        }
      : null,
    time.length > 0 ? { id: 'time', title: 'Time', body: [figuresHtml(time), tableHtml(timeTable(evaluation))] } : null,
    {
      id: 'problems',
      title: 'Problems in labels and results',
      body: [remarksHtml(evaluation.problems, 'None found.')],
    },
  ]
  return {
    page: buildReportPage({
      title: parts.title,
      lead: leadOf(parts),
      sections: present(sections),
      colophon: colophonOf(evaluation),
    }),
    figures: [...classification, ...dice, ...cascade, ...groups, ...compared, ...time],
    summary: {
      models: parts.models,
      remark: parts.remark,
      ...withoutCurves(evaluation),
      comparison: shortComparison(comparison),
    },
  }
}

function leadOf({ models, evaluation }: EvaluationReportParts): string {
  const { counts, classification } = evaluation
  const made = models.length > 0 ? `${models.join(' and ')} on ` : ''
  const patients =
    classification.patients === null ? 'patients not stated' : `${formatCount(classification.patients)} patients`
  return `${made}${formatCount(counts.labelled)} labelled images: ${formatCount(counts.analysed)} analysed (${formatCount(classification.positives)} with pneumothorax; ${patients}), ${formatCount(counts.notAnalysed)} not analysed, ${formatCount(counts.withoutResult)} without a stored result.`
}

function summary({ evaluation, remark }: EvaluationReportParts): Html[] {
  const { classification, operatingPoints, segmentation, counts } = evaluation
  const [deployed] = operatingPoints
  const lines: [string, string][] = [
    ['AUC', `${formatMeasure(classification.auc.delong)} DeLong`],
    [
      '',
      `${formatMeasure(classification.auc.bootstrap)} ${classification.patients === null ? 'bootstrap by image' : 'bootstrap by patient'}`,
    ],
    ['Average precision', formatMeasure(classification.averagePrecision)],
    [`Sensitivity at '${deployed.id}'`, formatMeasure(deployed.sensitivity)],
    [`Specificity at '${deployed.id}'`, formatMeasure(deployed.specificity)],
    ['Brier; ECE', `${formatMeasure(classification.brier)}; ${formatMeasure(classification.expectedCalibrationError)}`],
  ]
  if (segmentation) {
    lines.push(['Dice, both empty = 1', formatMeasure(segmentation.dice)])
    lines.push(['Dice, positive only', formatMeasure(segmentation.positiveDice)])
  }
  const reasons = Object.entries(counts.reasons).map(([reason, count]) => `${reason}: ${formatCount(count)}`)
  return [
    ...(remark ? [html`<p class="alarm">${remark}</p>\n`] : []),
    html`<div class="tables">${[
      tableHtml({ caption: 'The figures', header: ['Figure', 'Value (95 % interval)'], rows: lines }),
      tableHtml(publishedStudyTable(evaluation)),
    ]}</div>\n`,
    ...(reasons.length > 0 ? [html`<p>Not analysed, by reason: ${reasons.join('; ')}.</p>\n`] : []),
  ]
}

function cascadeWords({ positives, negatives }: CascadeAccounting): string {
  const found = positives.total - positives.notAnalysed
  const passed = found - positives.classifierMissed
  const alarms = negatives.falseAlarmDiscordant + negatives.falseAlarmWithRegion
  const without = negatives.cleared + alarms
  const share = (part: number, whole: number): string =>
    whole === 0 ? formatCount(part) : `${formatCount(part)} (${formatPercent(part / whole)})`
  return `Of ${formatCount(found)} analysed images with pneumothorax the classifier missed ${share(positives.classifierMissed, found)}; of the ${formatCount(passed)} it passed on, ${share(positives.discordant, passed)} got no region and ${share(positives.regionBeside, passed)} a region wholly beside the reference. Of ${formatCount(without)} analysed images without pneumothorax, ${share(alarms, without)} raised a false alarm, ${formatCount(negatives.falseAlarmDiscordant)} of them discordant.`
}

/** Forest plots take the whole width. */
function wideFigures(figures: readonly Figure[]): Html {
  return html`${figures.map((figure) => html`<div class="wide">${figuresHtml([figure])}</div>`)}`
}

function colophonOf({ settings }: Evaluation): string[] {
  const { resamples, seed, level } = settings.resampling
  return [
    `Intervals: ${formatNumber(100 * level, 0)} %. Bootstrap: percentile, ${formatCount(resamples)} resamples, seed ${seed}, stratified by label, patients drawn whole when every image names its patient. DeLong and Wilson take images as independent.`,
    'Every figure is checked against scikit-learn or SciPy on fixed vectors in the test suite; docs/evaluation.md says how each is defined.',
  ]
}

function present<T>(items: readonly (T | null)[]): T[] {
  return items.filter((item): item is T => item !== null)
}

/** Curves have thousands of points and are in the plots. */
function withoutCurves(evaluation: Evaluation): object {
  const { roc: _roc, precisionRecall: _precisionRecall, ...classification } = evaluation.classification
  return { ...evaluation, classification }
}

function shortComparison(comparison: Comparison | null): unknown {
  return comparison && { nameA: comparison.nameA, nameB: comparison.nameB, ...comparison.paired }
}
