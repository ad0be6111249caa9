import * as Plot from '@observablehq/plot'
import type { RocPoint } from '../../metrics/receiver-operating-curve.ts'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { formatMeasure, formatNumber } from '../../report/format-figures.ts'
import { palette } from '../../report/palette.ts'
import type { ClassificationAccuracy } from '../classification-accuracy.ts'
import type { OperatingPointAccuracy } from '../operating-points.ts'

export function rocFigure(
  accuracy: ClassificationAccuracy,
  operatingPoints: readonly OperatingPointAccuracy[],
): Figure | null {
  if (!accuracy.roc) return null
  const marks = operatingPoints.flatMap(({ id, origin, sensitivity, specificity }) =>
    origin === 'chosen-here' || sensitivity.value === null || specificity.value === null
      ? []
      : [
          {
            id,
            origin,
            x: 1 - specificity.value,
            y: sensitivity.value,
            x1: 1 - (specificity.interval?.upper ?? 1),
            x2: 1 - (specificity.interval?.lower ?? 0),
            y1: sensitivity.interval?.lower ?? 0,
            y2: sensitivity.interval?.upper ?? 1,
          },
        ],
  )
  const deployed = marks.filter((mark) => mark.origin === 'deployed')
  return {
    id: 'roc',
    title: 'Receiver operating characteristic',
    caption: `AUC ${formatMeasure(accuracy.auc.delong)}, DeLong. Vermilion: the deployed operating point with Wilson intervals; names with sensitivity / specificity. Dashed: chance.`,
    svg: drawPlot({
      ariaLabel: `ROC curve, area ${formatNumber(accuracy.auc.delong.value)}`,
      ...unitSquare('1 − specificity (false-positive fraction)', 'Sensitivity (true-positive fraction)'),
      marks: [
        chance(),
        rocLine(accuracy.roc, palette.blue),
        Plot.ruleY(deployed, { y: 'y', x1: 'x1', x2: 'x2', stroke: palette.vermilion, strokeWidth: 1.5 }),
        Plot.ruleX(deployed, { x: 'x', y1: 'y1', y2: 'y2', stroke: palette.vermilion, strokeWidth: 1.5 }),
        Plot.dot(marks, {
          x: 'x',
          y: 'y',
          r: 5,
          fill: (mark) => (mark.origin === 'deployed' ? palette.vermilion : palette.orange),
          stroke: 'white',
        }),
        ...[true, false].map((isLeft) =>
          Plot.text(
            marks.filter((mark) => mark.x < 0.5 === isLeft),
            {
              x: 'x',
              y: 'y',
              text: (mark: (typeof marks)[number]) => `${mark.id}: ${mark.y.toFixed(2)} / ${(1 - mark.x).toFixed(2)}`,
              dx: isLeft ? 10 : -10,
              dy: 14,
              textAnchor: isLeft ? 'start' : 'end',
              fill: palette.ink,
              stroke: 'white',
              strokeWidth: 4,
            },
          ),
        ),
      ],
    }),
  }
}

export function rocLine(curve: readonly RocPoint[], stroke: string, strokeDasharray = '') {
  return Plot.line(thinned(curve), {
    x: 'falsePositiveRate',
    y: 'sensitivity',
    stroke,
    strokeWidth: 2,
    strokeDasharray,
  })
}

export function chance() {
  return Plot.line(
    [
      [0, 0],
      [1, 1],
    ],
    { stroke: palette.muted, strokeDasharray: '4 3' },
  )
}

export function unitSquare(x: string, y: string) {
  return {
    width: 460,
    height: 440,
    x: { label: x, domain: [0, 1], ticks: 6, grid: true },
    y: { label: y, domain: [0, 1], ticks: 6, grid: true },
  }
}

/** Points on a straight line between their neighbours add nothing but bytes. */
export function thinned(curve: readonly RocPoint[]): RocPoint[] {
  return curve.filter((point, at) => {
    const before = curve[at - 1]
    const after = curve[at + 1]
    if (!before || !after) return true
    const vertical =
      before.falsePositiveRate === point.falsePositiveRate && after.falsePositiveRate === point.falsePositiveRate
    const horizontal = before.sensitivity === point.sensitivity && after.sensitivity === point.sensitivity
    return !vertical && !horizontal
  })
}
