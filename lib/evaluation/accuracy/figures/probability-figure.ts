import * as Plot from '@observablehq/plot'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { labelColours, labelName, palette } from '../../report/palette.ts'
import type { EvaluatedImage } from '../evaluated-image.ts'

/** Distribution of the probabilities in each class, as shares, so that a rare class is seen. */
export function probabilityFigure(images: readonly EvaluatedImage[], threshold: number | null): Figure | null {
  if (images.length === 0) return null
  const bars = [true, false].flatMap((positive) => {
    const within = images.filter((image) => image.positive === positive)
    const counts = new Array<number>(20).fill(0)
    for (const { probability } of within) counts[Math.min(19, Math.floor(probability * 20))]++
    return counts.map((count, bin) => ({
      label: `${labelName(positive)} (n = ${within.length})`,
      positive,
      x1: bin / 20,
      x2: (bin + 1) / 20,
      share: within.length === 0 ? 0 : (100 * count) / within.length,
    }))
  })
  return {
    id: 'probabilities',
    title: 'Probabilities by class',
    caption: `Share of each class in bins of 0.05.${threshold === null ? '' : ` The line is the deployed threshold, ${threshold.toFixed(3)}.`}`,
    svg: drawPlot({
      ariaLabel: 'Histograms of the probability by class',
      width: 460,
      height: 440,
      marginRight: 20,
      x: { label: 'Calibrated probability of pneumothorax', domain: [0, 1], ticks: 6 },
      y: { label: 'Images of the class, %', grid: true, ticks: 5 },
      fy: { label: null, axis: null },
      marks: [
        Plot.rectY(bars, {
          fy: 'label',
          x1: 'x1',
          x2: 'x2',
          y: 'share',
          fill: (bar) => labelColours[labelName(bar.positive)],
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        Plot.ruleY([0]),
        Plot.text([...new Set(bars.map((bar) => bar.label))], {
          fy: (label) => label,
          text: (label) => label,
          frameAnchor: 'top-right',
          dy: 4,
          fontWeight: 'bold',
        }),
        ...(threshold === null ? [] : [Plot.ruleX([threshold], { stroke: palette.ink, strokeDasharray: '3 2' })]),
      ],
    }),
  }
}
