import * as Plot from '@observablehq/plot'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { formatMeasure } from '../../report/format-figures.ts'
import { logTicks } from '../../report/log-ticks.ts'
import { palette } from '../../report/palette.ts'
import type { EvaluatedImage } from '../evaluated-image.ts'
import { type SegmentationAccuracy, withReference } from '../segmentation-accuracy.ts'

/** Dice of the images with a reference mask: how it is spread, and how it depends on the size of the air. */
export function diceFigures(images: readonly EvaluatedImage[], accuracy: SegmentationAccuracy): Figure[] {
  const positive = withReference(images).filter((image) => image.segmentation.referenceAreaFraction > 0)
  if (positive.length === 0) return []
  const points: DicePoint[] = positive.map((image) => ({
    dice: image.segmentation.dice,
    area: 100 * image.segmentation.referenceAreaFraction,
    outcome: outcomeOf(image),
  }))
  const [lowest, highest] = [Math.min(...points.map(({ area }) => area)), Math.max(...points.map(({ area }) => area))]
  const bins = Array.from({ length: 20 }, (_, bin) => ({
    from: bin / 20,
    to: (bin + 1) / 20,
    count: points.filter(({ dice }) => Math.min(19, Math.floor(dice * 20)) === bin).length,
  }))
  return [
    {
      id: 'dice',
      title: 'Dice of images with pneumothorax',
      caption: `${positive.length} images with a reference mask, missed ones at 0. Mean ${formatMeasure(accuracy.positiveDice)}, bootstrap.`,
      svg: drawPlot({
        ariaLabel: 'Histogram of Dice',
        width: 460,
        height: 360,
        x: { label: 'Dice coefficient', domain: [0, 1], ticks: 6 },
        y: { label: 'Images', grid: true },
        marks: [
          Plot.rectY(bins, { x1: 'from', x2: 'to', y: 'count', fill: palette.blue, insetLeft: 0.5, insetRight: 0.5 }),
          Plot.ruleY([0]),
        ],
      }),
    },
    {
      id: 'dice-by-size',
      title: 'Dice by size of the pneumothorax',
      caption: 'One mark an image; logarithmic axis. Images that the classifier missed or that got no region lie at 0.',
      svg: drawPlot({
        ariaLabel: 'Dice against mask area',
        width: 460,
        height: 360,
        marginTop: 30,
        x: {
          label: 'Reference mask, % of the image',
          type: 'log',
          grid: true,
          ticks: logTicks(lowest, highest),
          tickFormat: (value: number) => String(value),
        },
        y: { label: 'Dice coefficient', domain: [0, 1], grid: true, ticks: 6 },
        marks: [
          Plot.dot(
            points.filter((point) => point.outcome === 'region'),
            { x: 'area', y: 'dice', r: 4, fill: outcomeColours.region, stroke: 'white', strokeWidth: 0.5 },
          ),
          Plot.dot(
            points.filter((point) => point.outcome !== 'region'),
            {
              x: 'area',
              y: 'dice',
              r: 4,
              symbol: 'times',
              stroke: (point: DicePoint) => outcomeColours[point.outcome],
              strokeWidth: 2,
              clip: false,
            },
          ),
          ...legend(),
        ],
      }),
    },
  ]
}

const outcomeColours = { region: palette.blue, missed: palette.vermilion, discordant: palette.orange } as const
type Outcome = keyof typeof outcomeColours

interface DicePoint {
  readonly dice: number
  readonly area: number
  readonly outcome: Outcome
}

function outcomeOf(image: EvaluatedImage): Outcome {
  if (!image.called) return 'missed'
  return image.predictedAreaPixels === 0 ? 'discordant' : 'region'
}

function legend() {
  const names: Record<Outcome, string> = {
    region: '• region delineated',
    missed: '× classifier missed',
    discordant: '× discordant',
  }
  return (Object.keys(names) as Outcome[]).map((outcome, at) =>
    Plot.text([names[outcome]], {
      frameAnchor: 'top-left',
      dx: 4 + at * 135,
      dy: -18,
      fill: outcomeColours[outcome],
      fontWeight: 'bold',
    }),
  )
}
