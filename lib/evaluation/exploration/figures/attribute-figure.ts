import * as Plot from '@observablehq/plot'
import { wilsonInterval } from '../../metrics/wilson-interval.ts'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { formatP } from '../../report/format-figures.ts'
import { palette } from '../../report/palette.ts'
import { type LabelCounts, totalOf } from '../label-counts.ts'

/** Share of pneumothorax by value of an attribute, with the number of images; null without labels. */
export function attributeFigure(id: string, title: string, counts: LabelCounts): Figure | null {
  const rows = counts.entries(12).flatMap(([value, count]) => {
    const labelled = count.positive + count.negative
    const interval = wilsonInterval(count.positive, labelled)
    if (!interval) return []
    return [
      {
        row: `${value}  (n = ${totalOf(count)})`,
        share: (100 * count.positive) / labelled,
        lower: 100 * interval.lower,
        upper: 100 * interval.upper,
        count: `${count.positive} of ${labelled}`,
      },
    ]
  })
  if (rows.length === 0) return null
  const test = counts.association()
  const association = test
    ? ` Association with the label: χ² = ${test.statistic.toFixed(1)}, ${test.degreesOfFreedom} d.f., p ${formatP(test.p)}, Cramér's V ${test.cramersV.toFixed(2)}${test.smallestExpected < 5 ? ' (an expected count is below 5: read with care)' : ''}.`
    : ''
  return {
    id: `by-${id}`,
    title: `Pneumothorax by ${title[0].toLowerCase()}${title.slice(1)}`,
    caption: `Share of the images with pneumothorax, Wilson 95 % interval.${association}`,
    svg: drawPlot({
      ariaLabel: `Share of pneumothorax by ${title}`,
      width: 520,
      height: 80 + 34 * rows.length,
      marginLeft: 170,
      marginRight: 90,
      x: {
        label: 'Images with pneumothorax, %',
        domain: [0, Math.min(100, Math.max(...rows.map((r) => r.upper)) * 1.08)],
        grid: true,
      },
      y: { label: null, domain: rows.map(({ row }) => row), tickSize: 0 },
      marks: [
        Plot.barX(rows, { x: 'share', y: 'row', fill: palette.sky, insetTop: 5, insetBottom: 5 }),
        Plot.ruleY(rows, { y: 'row', x1: 'lower', x2: 'upper', stroke: palette.ink, strokeWidth: 1.5 }),
        Plot.text(rows, { x: 'upper', y: 'row', text: 'count', dx: 8, textAnchor: 'start', fill: palette.muted }),
        Plot.ruleX([0]),
      ],
    }),
  }
}
