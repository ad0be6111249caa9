import * as Plot from '@observablehq/plot'
import type { Measure } from '../../metrics/interval.ts'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { palette } from '../../report/palette.ts'
import type { SubGroupAccuracy, SubGrouping } from '../sub-groups.ts'

const shown: readonly [name: string, of: (group: SubGroupAccuracy) => Measure][] = [
  ['AUC', (group) => group.auc],
  ['Sensitivity', (group) => group.sensitivity],
  ['Specificity', (group) => group.specificity],
  ['Positive-only Dice', (group) => group.positiveDice],
]

/** A forest plot of one grouping: each figure with its interval, groups below each other. */
export function subGroupFigure({ id, title, groups }: SubGrouping): Figure | null {
  const points = groups.flatMap((group) =>
    shown.flatMap(([figure, of]) => {
      const measure = of(group)
      if (measure.value === null) return []
      const { lower, upper } = measure.interval ?? { lower: measure.value, upper: measure.value }
      return [{ figure, row: rowName(group), value: measure.value, lower, upper }]
    }),
  )
  if (points.length === 0) return null
  const rows = groups.map(rowName)
  return {
    id: `sub-groups-${id}`,
    title,
    caption:
      'Point and 95 % interval (AUC: DeLong; sensitivity and specificity: Wilson; Dice: bootstrap). n: images / with pneumothorax. No test was made: look for intervals that lie apart.',
    svg: drawPlot({
      ariaLabel: `Figures by ${title}`,
      width: 860,
      height: 84 + 30 * rows.length,
      marginLeft: 215,
      marginTop: 34,
      marginRight: 16,
      fx: { domain: shown.map(([name]) => name), label: null, padding: 0.18 },
      x: { domain: [0, 1], label: null, ticks: [0, 0.5, 1], tickFormat: String, grid: true },
      y: { domain: rows, label: null, padding: 0.5, tickSize: 0 },
      marks: [
        Plot.ruleY(points, { fx: 'figure', y: 'row', x1: 'lower', x2: 'upper', stroke: palette.blue, strokeWidth: 2 }),
        Plot.dot(points, { fx: 'figure', y: 'row', x: 'value', r: 4, fill: palette.blue }),
      ],
    }),
  }
}

const rowName = ({ group, images, positives }: SubGroupAccuracy): string => `${group}  (n = ${images} / ${positives})`
