import * as Plot from '@observablehq/plot'
import { wilsonInterval } from '../../metrics/wilson-interval.ts'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { formatMeasure, formatNumber } from '../../report/format-figures.ts'
import { palette } from '../../report/palette.ts'
import type { ClassificationAccuracy } from '../classification-accuracy.ts'
import { chance, unitSquare } from './roc-figure.ts'

export function calibrationFigure(accuracy: ClassificationAccuracy): Figure | null {
  if (accuracy.calibration.length === 0) return null
  const bins = accuracy.calibration.map((bin) => ({ ...bin, ...wilsonInterval(bin.positives, bin.count) }))
  const fit = accuracy.recalibration
  return {
    id: 'calibration',
    title: 'Calibration',
    caption: `Observed share of pneumothorax in bins of equal width, Wilson intervals, area of a mark by images (number beside it). Brier ${formatMeasure(accuracy.brier)}; ECE ${formatMeasure(accuracy.expectedCalibrationError)}; slope ${formatNumber(fit?.slope, 2)} (1 is right), intercept in the large ${formatNumber(fit?.interceptInTheLarge, 2)} (0 is right). Where pneumothorax is more or less frequent than in the images that the probabilities were calibrated on, the curve lies above or below the diagonal.`,
    svg: drawPlot({
      ariaLabel: 'Calibration curve',
      ...unitSquare('Mean calibrated probability', 'Observed fraction with pneumothorax'),
      r: { range: [2, 11] },
      marks: [
        chance(),
        Plot.ruleX(bins, { x: 'meanProbability', y1: 'lower', y2: 'upper', stroke: palette.blue, strokeWidth: 1.5 }),
        Plot.line(bins, { x: 'meanProbability', y: 'observed', stroke: palette.blue, strokeOpacity: 0.5 }),
        Plot.dot(bins, { x: 'meanProbability', y: 'observed', r: 'count', fill: palette.blue, stroke: 'white' }),
        Plot.text(bins, {
          x: 'meanProbability',
          y: 'observed',
          text: (bin) => String(bin.count),
          dx: 13,
          textAnchor: 'start',
          fontSize: 11,
          fill: palette.muted,
          stroke: 'white',
          strokeWidth: 3,
        }),
      ],
    }),
  }
}
