import type { Comparison } from '../accuracy/evaluate-results.ts'
import { comparisonTable } from '../accuracy/evaluation-tables.ts'
import { comparisonFigure } from '../accuracy/figures/comparison-figure.ts'
import { periodHistogram } from '../drift/drift-figures.ts'
import type { Figure } from '../report/draw-plot.ts'
import { formatCount, formatNumber, formatP } from '../report/format-figures.ts'
import { buildReportPage, figuresHtml, type ReportSection, remarksHtml } from '../report/report-page.ts'
import { type ReportTable, tableHtml } from '../report/table-html.ts'
import type { Report } from '../report/write-report.ts'
import {
  changedImages,
  compareRuns,
  outcomes,
  type ReasonCount,
  type ReplayedImage,
  type RunComparison,
  type Spread,
} from './compare-runs.ts'

export interface ReplayParts {
  readonly images: readonly ReplayedImage[]
  readonly modelsBefore: readonly string[]
  readonly modelsAfter: readonly string[]
  /** Results of before that were not screened again, since their file was not given. */
  readonly leftOut: number
  /** Files that have no result of before. */
  readonly withoutResult: number
  /** Lines of before of files that could not be read then. */
  readonly neverRead: number
  /** Against labels, where they are at hand. */
  readonly accuracy: Comparison | null
  readonly problems: readonly string[]
}

const shownChanges = 200

export function buildReplayReport(parts: ReplayParts): Report & { readonly comparison: RunComparison } {
  const { images, accuracy, problems } = parts
  const comparison = compareRuns(images)
  const changed = changedImages(images)
  const probabilities = (run: 'before' | 'after'): number[] => images.flatMap((image) => image[run].probability ?? [])
  const figures = [
    periodHistogram(
      { id: 'probabilities', title: 'Probabilities', axis: 'Calibrated probability of pneumothorax' },
      probabilities('before'),
      probabilities('after'),
      { from: 0, to: 1, bins: 20 },
    ),
    accuracy &&
      comparisonFigure({ name: accuracy.nameA, accuracy: accuracy.a }, { name: accuracy.nameB, accuracy: accuracy.b }),
  ].filter((figure): figure is Figure => figure !== null)
  const sections: ReportSection[] = [
    {
      id: 'changes',
      title: 'What changed',
      body: [
        tableHtml(transitionTable(comparison)),
        tableHtml(reasonTable(comparison)),
        tableHtml(figureTable(comparison)),
        tableHtml(timeTable(comparison)),
      ],
    },
    ...(accuracy
      ? [{ id: 'accuracy', title: 'Against the labels', body: [tableHtml(comparisonTable(accuracy))] }]
      : []),
    { id: 'distributions', title: 'Distributions', body: [figuresHtml(figures)] },
    { id: 'images', title: 'Images whose outcome changed', body: [tableHtml(changedTable(changed))] },
    { id: 'problems', title: 'Problems', body: [remarksHtml(problems, 'None found.')] },
  ]
  return {
    comparison,
    page: buildReportPage({
      title: 'A cohort screened again',
      lead: `${formatCount(images.length)} images. Before: ${parts.modelsBefore.join(', ') || 'unknown models'}. After: ${parts.modelsAfter.join(', ')}. Nothing was delivered, and nothing of the earlier results was changed.`,
      sections,
      colophon: [
        'Differences are after − before. A probability of one model is not the probability of another: only labels tell which is better. Times are those stored with each result, on the machines that made them.',
      ],
    }),
    figures,
    summary: {
      leftOut: parts.leftOut,
      withoutResult: parts.withoutResult,
      neverRead: parts.neverRead,
      modelsBefore: parts.modelsBefore,
      modelsAfter: parts.modelsAfter,
      ...comparison,
      changed: changed.length,
      accuracy: accuracy && { ...accuracy.paired, aucBefore: accuracy.a.auc, aucAfter: accuracy.b.auc },
      problems,
    },
  }
}

/** Rows: before; columns: after. 'Not analysed' stands apart, at the end of both. */
export function transitionTable({ transitions }: RunComparison): ReportTable {
  const count = (from: string, to: string): number =>
    transitions.find((transition) => transition.from === from && transition.to === to)?.images ?? 0
  return {
    caption: 'Outcomes: before in rows, after in columns',
    header: ['Before', ...outcomes.map((outcome) => `after: ${outcome.replace('-', ' ')}`)],
    rows: outcomes.map((from) => [from.replace('-', ' '), ...outcomes.map((to) => formatCount(count(from, to)))]),
    note: 'Not analysed says nothing of the patient, before or after.',
  }
}

function reasonTable({ newlyNotAnalysed, newlyAnalysed }: RunComparison): ReportTable {
  const rows = (what: string, reasons: readonly ReasonCount[]) =>
    reasons.map(({ reason, images }) => [`${what}: ${reason}`, formatCount(images)])
  return {
    caption: 'Not analysed by one of them alone',
    header: ['Reason', 'Images'],
    rows: [...rows('not analysed any more', newlyNotAnalysed), ...rows('analysed now', newlyAnalysed)],
  }
}

export function figureTable({ calls, probabilityDifference, masks }: RunComparison): ReportTable {
  const spread = (name: string, of: Spread | null): (string | null)[] => [
    name,
    of && formatNumber(of.mean),
    of && `${formatNumber(of.median)} (${formatNumber(of.percentile5)} to ${formatNumber(of.percentile95)})`,
    of && `${formatNumber(of.least)} to ${formatNumber(of.greatest)}`,
  ]
  return {
    caption: `On the ${formatCount(calls.images)} images that both analysed; masks on the ${formatCount(masks.images)} that both delineated`,
    header: ['Figure', 'Mean', 'Median (5th to 95th percentile)', 'Range'],
    rows: [spread('Probability, after − before', probabilityDifference), spread('Dice between the masks', masks.dice)],
    note: `Suspected: ${calls.suspectedBefore} before, ${calls.suspectedAfter} after; before alone ${calls.test.onlyA}, after alone ${calls.test.onlyB} (McNemar, exact: p ${formatP(calls.test.p)}). Discordant: ${calls.discordantBefore} before, ${calls.discordantAfter} after. Another side: ${masks.sideChanged}.`,
  }
}

function timeTable({ timeBefore, timeAfter }: RunComparison): ReportTable {
  const stages = [...new Set([...timeBefore, ...timeAfter].map(({ stage }) => stage))]
  const median = (times: RunComparison['timeBefore'], stage: string): string =>
    formatNumber(times.find((time) => time.stage === stage)?.median, 1)
  return {
    caption: 'Time of an image, median in ms',
    header: ['Stage', 'Before', 'After'],
    rows: stages.map((stage) => [stage, median(timeBefore, stage), median(timeAfter, stage)]),
  }
}

function changedTable(changed: readonly ReplayedImage[]): ReportTable {
  const said = ({ outcome, reason, discordant }: ReplayedImage['before']): string =>
    `${outcome.replace('-', ' ')}${reason ? `: ${reason}` : ''}${discordant ? ' (discordant)' : ''}`
  return {
    caption: `${formatCount(changed.length)} images`,
    header: ['Image', 'Before', 'After', 'Probability before', 'after', 'Dice'],
    rows: changed
      .slice(0, shownChanges)
      .map(({ imageId, before, after, dice }) => [
        imageId.slice(0, 12),
        said(before),
        said(after),
        formatNumber(before.probability),
        formatNumber(after.probability),
        formatNumber(dice),
      ]),
    ...(changed.length > shownChanges && { note: `The first ${shownChanges}; all of them in images.jsonl.` }),
  }
}
