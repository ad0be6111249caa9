import * as Plot from '@observablehq/plot'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { labelColours, labelName, labelNames } from '../../report/palette.ts'

export interface LabelledValue {
  readonly value: number
  readonly positive: boolean | null
}

/** One small histogram for each label below each other, as counts. */
export function histogramByLabel(
  { id, title, caption, axis }: { id: string; title: string; caption: string; axis: string },
  values: readonly LabelledValue[],
  { from, to, bins }: { from: number; to: number; bins: number },
): Figure | null {
  if (values.length === 0) return null
  const width = (to - from) / bins
  const bars = labelNames.flatMap((label) => {
    const within = values.filter(({ positive }) => labelName(positive) === label)
    if (within.length === 0) return []
    const counts = new Array<number>(bins).fill(0)
    for (const { value } of within) counts[Math.max(0, Math.min(bins - 1, Math.floor((value - from) / width)))]++
    return counts.map((count, bin) => ({
      label,
      panel: `${label} (n = ${within.length})`,
      x1: from + bin * width,
      x2: from + (bin + 1) * width,
      count,
    }))
  })
  const panels = [...new Set(bars.map(({ panel }) => panel))]
  return {
    id,
    title,
    caption,
    svg: drawPlot({
      ariaLabel: title,
      width: 520,
      height: 90 + 130 * panels.length,
      marginRight: 20,
      x: { label: axis, domain: [from, to] },
      y: { label: 'Images', grid: true, ticks: 4 },
      fy: { label: null, axis: null, domain: panels },
      marks: [
        Plot.rectY(bars, {
          fy: 'panel',
          x1: 'x1',
          x2: 'x2',
          y: 'count',
          fill: (bar: (typeof bars)[number]) => labelColours[bar.label],
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        Plot.ruleY([0]),
        Plot.text(panels, {
          fy: (panel: string) => panel,
          text: (panel: string) => panel,
          frameAnchor: 'top-right',
          dy: 2,
          fontWeight: 'bold',
          stroke: 'white',
          strokeWidth: 4,
          fill: '#1a1a1a',
        }),
      ],
    }),
  }
}
