import * as Plot from '@observablehq/plot'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { palette } from '../../report/palette.ts'
import type { StageTime } from '../time-per-image.ts'

export function timeFigure(stages: readonly StageTime[]): Figure | null {
  if (stages.length === 0) return null
  return {
    id: 'time',
    title: 'Time per image',
    caption:
      'Bar: median; line: to the 95th percentile; both as numbers. As stored with the results, on the machine that made them, over the images in which the stage ran.',
    svg: drawPlot({
      ariaLabel: 'Time per image and stage',
      width: 520,
      height: 70 + 30 * stages.length,
      marginLeft: 110,
      marginRight: 80,
      x: { label: 'Time, ms', grid: true, zero: true },
      y: { label: null, domain: stages.map(({ stage }) => stage), tickSize: 0 },
      marks: [
        Plot.barX(stages, { x: 'median', y: 'stage', fill: palette.blue, insetTop: 4, insetBottom: 4 }),
        Plot.ruleY(stages, { y: 'stage', x1: 'median', x2: 'percentile95', stroke: palette.ink }),
        Plot.text(stages, {
          x: 'percentile95',
          y: 'stage',
          text: (stage: StageTime) => `${stage.median.toFixed(0)} / ${stage.percentile95.toFixed(0)}`,
          dx: 6,
          textAnchor: 'start',
          fill: palette.muted,
        }),
        Plot.ruleX([0]),
      ],
    }),
  }
}
