import * as Plot from '@observablehq/plot'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { palette } from '../../report/palette.ts'
import type { CascadeAccounting } from '../cascade-accounting.ts'

/** Where the images of each class end, as one bar for each class. */
export function cascadeFigure({ positives, negatives }: CascadeAccounting): Figure {
  const parts = [
    ['Pneumothorax', 'region overlaps', positives.regionOverlaps, palette.green],
    ['Pneumothorax', 'region, no reference', positives.regionUnjudged, palette.sky],
    ['Pneumothorax', 'region beside', positives.regionBeside, palette.purple],
    ['Pneumothorax', 'discordant', positives.discordant, palette.orange],
    ['Pneumothorax', 'classifier missed', positives.classifierMissed, palette.vermilion],
    ['Pneumothorax', 'not analysed', positives.notAnalysed, palette.muted],
    ['No pneumothorax', 'cleared', negatives.cleared, palette.blue],
    ['No pneumothorax', 'discordant', negatives.falseAlarmDiscordant, palette.orange],
    ['No pneumothorax', 'false alarm with region', negatives.falseAlarmWithRegion, palette.vermilion],
    ['No pneumothorax', 'not analysed', negatives.notAnalysed, palette.muted],
  ] as const
  const bars = parts
    .filter(([, , count]) => count > 0)
    .map(([label, end, count, colour]) => {
      const total = label === 'Pneumothorax' ? positives.total : negatives.total
      return { label, end, count, colour, share: (100 * count) / total, row: `${label}: ${end}` }
    })
  return {
    id: 'cascade',
    title: 'Where the images end',
    caption: 'Share of the images of the class with a stored result; the number of images beside each bar.',
    svg: drawPlot({
      ariaLabel: 'Cascade accounting by class',
      width: 560,
      height: 70 + 30 * bars.length,
      marginLeft: 250,
      marginRight: 80,
      x: { label: 'Images of the class, %', domain: [0, 100], grid: true },
      y: { label: null, domain: bars.map((bar) => bar.row), tickSize: 0 },
      marks: [
        Plot.barX(bars, { x: 'share', y: 'row', fill: 'colour', insetTop: 3, insetBottom: 3 }),
        Plot.text(bars, {
          x: 'share',
          y: 'row',
          text: (bar) => `${bar.count} (${bar.share.toFixed(1)} %)`,
          dx: 6,
          textAnchor: 'start',
          stroke: 'white',
          strokeWidth: 3,
          fill: palette.ink,
        }),
        Plot.ruleX([0]),
      ],
    }),
  }
}
