import * as Plot from '@observablehq/plot'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { palette } from '../../report/palette.ts'
import type { ClassificationAccuracy } from '../classification-accuracy.ts'
import { chance, rocLine, unitSquare } from './roc-figure.ts'

/** Two ROC curves over the images that both analysed. */
export function comparisonFigure(
  a: { name: string; accuracy: ClassificationAccuracy },
  b: { name: string; accuracy: ClassificationAccuracy },
): Figure | null {
  if (!a.accuracy.roc || !b.accuracy.roc) return null
  const legend = (name: string, value: number | null, colour: string, line: number) =>
    Plot.text([`${name}: AUC ${value?.toFixed(3) ?? '–'}`], {
      frameAnchor: 'bottom-right',
      dx: -8,
      dy: -8 - 18 * line,
      fill: colour,
      fontWeight: 'bold',
      stroke: 'white',
      strokeWidth: 4,
    })
  return {
    id: 'comparison-roc',
    title: 'Both on the same images',
    caption: 'Images that both analysed. A: solid, B: dashed.',
    svg: drawPlot({
      ariaLabel: 'Two ROC curves',
      ...unitSquare('1 − specificity (false-positive fraction)', 'Sensitivity (true-positive fraction)'),
      marks: [
        chance(),
        rocLine(b.accuracy.roc, palette.vermilion, '6 3'),
        rocLine(a.accuracy.roc, palette.blue),
        legend(`A ${a.name}`, a.accuracy.auc.delong.value, palette.blue, 1),
        legend(`B ${b.name}`, b.accuracy.auc.delong.value, palette.vermilion, 0),
      ],
    }),
  }
}
