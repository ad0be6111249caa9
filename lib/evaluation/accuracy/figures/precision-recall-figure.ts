import * as Plot from '@observablehq/plot'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { formatMeasure, formatNumber, formatPercent } from '../../report/format-figures.ts'
import { palette } from '../../report/palette.ts'
import type { ClassificationAccuracy } from '../classification-accuracy.ts'
import { unitSquare } from './roc-figure.ts'

export function precisionRecallFigure(accuracy: ClassificationAccuracy): Figure | null {
  const curve = accuracy.precisionRecall
  if (!curve || accuracy.images === accuracy.positives) return null
  const prevalence = accuracy.positives / accuracy.images
  return {
    id: 'precision-recall',
    title: 'Precision and recall',
    caption: `Average precision ${formatMeasure(accuracy.averagePrecision)}, bootstrap. Depends on the prevalence here, ${formatPercent(prevalence)} (dashed: precision by chance).`,
    svg: drawPlot({
      ariaLabel: `Precision-recall curve, average precision ${formatNumber(accuracy.averagePrecision.value)}`,
      ...unitSquare('Recall (sensitivity)', 'Precision (positive predictive value)'),
      marks: [
        Plot.ruleY([prevalence], { stroke: palette.muted, strokeDasharray: '4 3' }),
        Plot.line([{ recall: 0, precision: curve[0].precision }, ...curve], {
          x: 'recall',
          y: 'precision',
          curve: 'step-before',
          stroke: palette.blue,
          strokeWidth: 2,
        }),
      ],
    }),
  }
}
