import * as Plot from '@observablehq/plot'
import { type CountedValues, countedOf, type Sample } from '../metrics/counted-values.ts'
import { drawPlot, type Figure } from '../report/draw-plot.ts'
import { palette } from '../report/palette.ts'
import type { DriftFigure, DriftTest } from './detect-drift.ts'

const periodColours = { Reference: palette.blue, Now: palette.vermilion } as const
type PeriodName = keyof typeof periodColours

/** Both periods as outlines over the same bins, as shares. */
export function periodHistogram(
  { id, title, axis }: { id: string; title: string; axis: string },
  referenceSample: Sample,
  currentSample: Sample,
  { from, to, bins }: { from: number; to: number; bins: number },
): Figure | null {
  const [reference, current] = [countedOf(referenceSample), countedOf(currentSample)]
  if (reference.total === 0 || current.total === 0) return null
  const width = (to - from) / bins
  const outline = (name: PeriodName, { values, counts, total }: CountedValues) => {
    const inBins = new Array<number>(bins).fill(0)
    for (let at = 0; at < values.length; at++) {
      inBins[Math.max(0, Math.min(bins - 1, Math.floor((values[at] - from) / width)))] += counts[at]
    }
    const shares = inBins.map((count) => (100 * count) / total)
    return [...shares, shares[bins - 1]].map((share, bin) => ({ name, x: from + bin * width, share }))
  }
  return {
    id,
    title,
    caption: `Share of the images of each period in ${bins} bins. Reference: ${reference.total} images, solid; now: ${current.total}, dashed.`,
    svg: drawPlot({
      ariaLabel: `${title} in both periods`,
      height: 340,
      marginTop: 30,
      x: { label: axis, domain: [from, to] },
      y: { label: 'Images of the period, %', grid: true, zero: true },
      marks: [
        Plot.line(outline('Reference', reference), {
          x: 'x',
          y: 'share',
          curve: 'step-after',
          stroke: periodColours.Reference,
          strokeWidth: 2,
        }),
        Plot.line(outline('Now', current), {
          x: 'x',
          y: 'share',
          curve: 'step-after',
          stroke: periodColours.Now,
          strokeWidth: 2,
          strokeDasharray: '5 3',
        }),
        Plot.ruleY([0]),
        ...legend(),
      ],
    }),
  }
}

/** Shares of each value in both periods. */
export function mixFigure(
  { id, title, axis }: { id: string; title: string; axis: string },
  reference: Readonly<Record<string, number>>,
  current: Readonly<Record<string, number>>,
): Figure | null {
  const share = (counts: Readonly<Record<string, number>>, value: string): number => {
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
    return total === 0 ? 0 : (100 * (counts[value] ?? 0)) / total
  }
  const values = [...new Set([...Object.keys(reference), ...Object.keys(current)])]
    .sort((a, b) => share(reference, b) - share(reference, a))
    .slice(0, 15)
  if (values.length === 0) return null
  const bars = values.flatMap((value) => [
    { value, name: 'Reference' as PeriodName, share: share(reference, value) },
    { value, name: 'Now' as PeriodName, share: share(current, value) },
  ])
  return {
    id,
    title,
    caption: 'Share of each value; upper bar: reference, lower bar: now.',
    svg: drawPlot({
      ariaLabel: `${title} in both periods`,
      height: 90 + 44 * values.length,
      marginLeft: 200,
      marginTop: 30,
      marginRight: 50,
      x: { label: axis, grid: true },
      y: { label: null, domain: ['Reference', 'Now'], axis: null },
      fy: { label: null, domain: values, padding: 0.25 },
      marks: [
        Plot.barX(bars, {
          fy: 'value',
          y: 'name',
          x: 'share',
          fill: (bar: { name: PeriodName }) => periodColours[bar.name],
        }),
        Plot.text(bars, {
          fy: 'value',
          y: 'name',
          x: 'share',
          text: (bar: { share: number }) => `${bar.share.toFixed(1)} %`,
          dx: 5,
          textAnchor: 'start',
          fontSize: 11,
        }),
        Plot.axisFy({ anchor: 'left', label: null, tickSize: 0 }),
        Plot.ruleX([0]),
        ...legend(values[0]),
      ],
    }),
  }
}

/** Each effect as a part of its threshold: what reaches the line may ring. */
export function driftEffectFigure(tests: readonly DriftTest[], names: Record<DriftFigure, string>): Figure | null {
  const bars = tests.flatMap(({ figure, effect, threshold, status }) =>
    effect === null
      ? []
      : [
          {
            name: names[figure],
            part: Math.abs(effect) / threshold,
            colour: status === 'alarm' ? palette.vermilion : palette.sky,
          },
        ],
  )
  if (bars.length === 0) return null
  return {
    id: 'effects',
    title: 'Effects beside their thresholds',
    caption:
      'Size of each difference as a multiple of its alarm threshold (line). An alarm (vermilion) also needs an adjusted p below alpha.',
    svg: drawPlot({
      ariaLabel: 'Effects relative to thresholds',
      height: 70 + 32 * bars.length,
      marginLeft: 190,
      marginRight: 50,
      x: {
        label: 'Effect ÷ threshold',
        grid: true,
        domain: [0, Math.max(1.2, ...bars.map(({ part }) => part * 1.05))],
      },
      y: { label: null, domain: bars.map(({ name }) => name), tickSize: 0 },
      marks: [
        Plot.barX(bars, { x: 'part', y: 'name', fill: 'colour', insetTop: 4, insetBottom: 4 }),
        Plot.text(bars, {
          x: 'part',
          y: 'name',
          text: (bar: { part: number }) => bar.part.toFixed(2),
          dx: 6,
          textAnchor: 'start',
        }),
        Plot.ruleX([1], { stroke: palette.ink, strokeWidth: 1.5, strokeDasharray: '4 3' }),
        Plot.ruleX([0]),
      ],
    }),
  }
}

/** Above the plot, or above one panel of it. */
function legend(panel: string | null = null) {
  return (Object.keys(periodColours) as PeriodName[]).map((name, at) =>
    Plot.text([name], {
      frameAnchor: 'top-left',
      dx: 4 + at * 80,
      dy: -18,
      fill: periodColours[name],
      fontWeight: 'bold',
      ...(panel === null ? {} : { fy: [panel] }),
    }),
  )
}
