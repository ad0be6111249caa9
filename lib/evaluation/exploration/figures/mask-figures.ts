import * as Plot from '@observablehq/plot'
import { quantile } from '../../metrics/bootstrap.ts'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { logTicks } from '../../report/log-ticks.ts'
import { palette } from '../../report/palette.ts'
import { heatMapSide } from '../mask-position.ts'
import type { MaskSummary } from '../mask-summary.ts'

export function maskFigures({ records, position }: MaskSummary): Figure[] {
  if (records.length === 0) return []
  return [
    areaFigure(records.map((record) => 100 * record.areaFraction)),
    countFigure(records),
    heatMap(position.coverage(), records.length),
  ]
}

/** Bins of equal width on a logarithmic axis: small ones are the hard ones. */
function areaFigure(percent: readonly number[]): Figure {
  const exponents = percent.map(Math.log10)
  const from = Math.floor(Math.min(...exponents) * 5) / 5
  const to = Math.max(from + 0.2, Math.ceil(Math.max(...exponents) * 5) / 5)
  const bins = Math.round((to - from) * 5)
  const bars = Array.from({ length: bins }, (_, bin) => ({
    x1: 10 ** (from + bin / 5),
    x2: 10 ** (from + (bin + 1) / 5),
    count: exponents.filter((x) => Math.min(bins - 1, Math.floor((x - from) * 5 + 1e-9)) === bin).length,
  }))
  const ascending = [...percent].sort((a, b) => a - b)
  const [lower, median, upper] = [0.25, 0.5, 0.75].map((at) => quantile(ascending, at).toFixed(2))
  return {
    id: 'mask-area',
    title: 'Size of the masks',
    caption: `${percent.length} images with a mask, all readers joined. Median ${median} % of the image, quartiles ${lower} and ${upper} %. Logarithmic axis.`,
    svg: drawPlot({
      ariaLabel: 'Histogram of mask area',
      width: 520,
      height: 320,
      x: { label: 'Mask area, % of the image', type: 'log', ticks: logTicks(10 ** from, 10 ** to), tickFormat: String },
      y: { label: 'Images', grid: true },
      marks: [
        Plot.rectY(bars, { x1: 'x1', x2: 'x2', y: 'count', fill: palette.vermilion, insetLeft: 0.5, insetRight: 0.5 }),
        Plot.ruleY([0]),
        Plot.ruleX([quantile(ascending, 0.5)], { stroke: palette.ink, strokeDasharray: '3 2' }),
      ],
    }),
  }
}

function countFigure(records: MaskSummary['records']): Figure {
  const most = 6
  const name = (count: number): string => (count >= most ? `${most}+` : String(count))
  const names = Array.from({ length: most }, (_, at) => name(at + 1))
  const bars = (['regions', 'annotations'] as const).flatMap((what) =>
    names.map((value) => ({
      what: what === 'regions' ? 'Separate regions' : 'Annotations merged',
      value,
      count: records.filter((record) => name(record[what]) === value).length,
    })),
  )
  return {
    id: 'mask-count',
    title: 'Masks and regions per image',
    caption:
      'Left: rows of the annotation file that were merged into the mask of one image. Right: 8-connected regions of the merged mask.',
    svg: drawPlot({
      ariaLabel: 'Number of annotations and regions per image',
      width: 520,
      height: 320,
      marginTop: 34,
      x: { label: 'Number', domain: names },
      y: { label: 'Images with pneumothorax', grid: true },
      fx: { label: null },
      marks: [
        Plot.barY(bars, { fx: 'what', x: 'value', y: 'count', fill: palette.vermilion }),
        Plot.text(bars, {
          fx: 'what',
          x: 'value',
          y: 'count',
          text: (bar) => (bar.count > 0 ? String(bar.count) : ''),
          dy: -7,
          fontSize: 11,
        }),
        Plot.ruleY([0]),
      ],
    }),
  }
}

function heatMap(coverage: Float64Array, images: number): Figure {
  const cells = Array.from(coverage, (value, cell) => ({
    x: cell % heatMapSide,
    y: Math.floor(cell / heatMapSide),
    value: 100 * value,
  })).filter(({ value }) => value > 0)
  const highest = Math.max(...cells.map(({ value }) => value))
  const scale = Array.from({ length: 60 }, (_, at) => ({ from: (highest * at) / 60, to: (highest * (at + 1)) / 60 }))
  const step = 100 / heatMapSide
  return {
    id: 'mask-position',
    title: 'Where the masks lie',
    caption: `Share of the ${images} images with pneumothorax whose mask covers the place. The left of the picture is, as radiographs are shown, the patient's right.`,
    svg: drawPlot({
      ariaLabel: 'Heat map of mask position',
      width: 520,
      height: 434,
      marginRight: 90,
      x: { label: 'Across the image, % of its width', domain: [0, 100], labelOffset: 36 },
      y: { label: 'Down the image, % of its height', domain: [100, 0] },
      color: { type: 'linear', scheme: 'viridis', domain: [0, highest] },
      marks: [
        Plot.rect([0], { x1: 0, x2: 100, y1: 0, y2: 100, fill: '#440154' }),
        Plot.rect(cells, {
          x1: (cell) => cell.x * step,
          x2: (cell) => (cell.x + 1) * step + 0.05,
          y1: (cell) => cell.y * step,
          y2: (cell) => (cell.y + 1) * step + 0.05,
          fill: 'value',
        }),
        ...colourBar(scale, highest),
      ],
    }),
  }
}

/** A legend within the picture, so that the SVG stands alone. */
function colourBar(scale: readonly { from: number; to: number }[], highest: number) {
  const place = (value: number): number => 100 - (100 * value) / highest
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => part * highest)
  return [
    Plot.rect(scale, {
      x1: 104,
      x2: 108,
      y1: (step) => place(step.from),
      y2: (step) => place(step.to) - 0.3,
      fill: 'from',
      clip: false,
    }),
    Plot.text(marks, {
      x: 109,
      y: place,
      text: (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} %`,
      textAnchor: 'start',
      dx: 2,
    }),
  ]
}
