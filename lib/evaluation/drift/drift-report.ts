import type { Figure } from '../report/draw-plot.ts'
import { formatCount, formatNumber, formatP, formatPercent } from '../report/format-figures.ts'
import { html } from '../report/html.ts'
import { buildReportPage, figuresHtml, remarksHtml } from '../report/report-page.ts'
import { tableHtml } from '../report/table-html.ts'
import type { Report } from '../report/write-report.ts'
import { type Drift, type DriftTest, driftFigureNames } from './detect-drift.ts'
import { driftEffectFigure, mixFigure, periodHistogram } from './drift-figures.ts'

export function buildDriftReport(drift: Drift): Report {
  const { reference, current, tests, alarms, alpha, problems } = drift
  const figures = [
    driftEffectFigure(tests, driftFigureNames),
    periodHistogram(
      { id: 'probabilities', title: 'Probabilities', axis: 'Calibrated probability of pneumothorax' },
      reference.probabilities,
      current.probabilities,
      { from: 0, to: 1, bins: 20 },
    ),
    mixFigure({ id: 'views', title: 'View positions', axis: 'Analysed images, %' }, reference.views, current.views),
    mixFigure(
      { id: 'reasons', title: 'Reasons for not analysing', axis: 'Not analysed images, %' },
      reference.reasons,
      current.reasons,
    ),
    periodHistogram(
      { id: 'grey-mean', title: 'Mean grey level', axis: 'Mean grey level of an image, 0 black to 255 white' },
      reference.greyMeans,
      current.greyMeans,
      { from: 0, to: 256, bins: 32 },
    ),
    periodHistogram(
      { id: 'grey-contrast', title: 'Contrast', axis: 'Standard deviation of grey levels' },
      reference.greyDeviations,
      current.greyDeviations,
      { from: 0, to: 128, bins: 32 },
    ),
  ].filter((figure): figure is Figure => figure !== null)
  const verdict =
    alarms.length === 0
      ? html`<p class="calm">No alarm.</p>\n`
      : html`<p class="alarm">Alarm: ${alarms.map((figure) => driftFigureNames[figure].toLowerCase()).join('; ')}.</p>\n`
  return {
    page: buildReportPage({
      title: 'Has the stream of images changed?',
      lead: `Reference: ${formatCount(reference.images)} images (${reference.name}). Now: ${formatCount(current.images)} images (${current.name}).`,
      sections: [
        {
          id: 'verdict',
          title: 'Verdict',
          body: [
            verdict,
            tableHtml({
              caption: 'Figures and tests',
              header: ['Figure', 'Verdict', 'Effect', 'Alarm from', 'p', 'p, adjusted', 'Test', 'Remark'],
              rows: tests.map((test) => [driftFigureNames[test.figure], ...testCells(test)]),
              note: `An alarm needs both: p, adjusted for all figures (Holm), below ${alpha}, and an effect at its threshold.`,
            }),
            tableHtml(ratesTable(drift)),
          ],
        },
        { id: 'figures', title: 'Distributions', body: [figuresHtml(figures)] },
        { id: 'problems', title: 'Problems', body: [remarksHtml(problems, 'None found.')] },
      ],
      colophon: [
        'Images count once in each period and as independent. A change of the stream is no proof that the models got worse, and models can get worse without one: only labels tell.',
      ],
    }),
    figures,
    summary: driftSummary(drift),
  }
}

/** The same numbers for an alarm of another system: a flat list of names, values and thresholds. */
export function driftSummary({ tests, alarms, alpha, problems, reference, current }: Drift) {
  return {
    alarm: alarms.length > 0,
    alarms,
    alpha,
    figures: tests.map(({ figure, status, effect, threshold, p, adjustedP, remark }) => ({
      name: figure,
      status,
      value: effect,
      threshold,
      p,
      adjustedP,
      remark,
    })),
    reference: { images: reference.images, suspected: reference.suspected, notAnalysed: reference.notAnalysed },
    current: { images: current.images, suspected: current.suspected, notAnalysed: current.notAnalysed },
    problems,
  }
}

function testCells({
  status,
  effectName,
  effect,
  threshold,
  p,
  adjustedP,
  test,
  remark,
}: DriftTest): (string | null)[] {
  return [
    status === 'not-tested' ? 'not tested' : status,
    effect === null ? null : `${effectName} ${formatNumber(effect)}`,
    formatNumber(threshold, 2),
    p === null ? null : formatP(p),
    adjustedP === null ? null : formatP(adjustedP),
    test,
    remark,
  ]
}

function ratesTable({ reference, current }: Drift) {
  const row = (name: string, part: (period: Drift['reference']) => [number, number]): (string | null)[] => [
    name,
    ...[reference, current].map((period) => {
      const [events, total] = part(period)
      return total === 0 ? null : `${formatCount(events)} of ${formatCount(total)} (${formatPercent(events / total)})`
    }),
  ]
  return {
    caption: 'Rates',
    header: ['Rate', 'Reference', 'Now'],
    rows: [
      row('Suspected, of analysed', (period) => [period.suspected, period.images - period.notAnalysed]),
      row('Discordant, of suspected', (period) => [period.discordant, period.suspected]),
      row('Not analysed, of all', (period) => [period.notAnalysed, period.images]),
    ],
  }
}
