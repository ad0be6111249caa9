import * as Plot from '@observablehq/plot'
import { drawPlot, type Figure } from '../../report/draw-plot.ts'
import { palette } from '../../report/palette.ts'
import type { ImageSummary } from '../image-summary.ts'
import { histogramByLabel } from './histogram-by-label.ts'

export function pixelFigures(images: ImageSummary): (Figure | null)[] {
  const levels = images.greyHistogram().map((share, bin) => ({ x1: 16 * bin, x2: 16 * (bin + 1), share: 100 * share }))
  return [
    histogramByLabel(
      {
        id: 'grey-mean',
        title: 'Mean grey level of an image',
        caption: 'Of the 8-bit picture that the models see, after windowing and inversion.',
        axis: 'Mean grey level, 0 black to 255 white',
      },
      images.greyMeans.map(({ mean, positive }) => ({ value: mean, positive })),
      { from: 0, to: 256, bins: 32 },
    ),
    histogramByLabel(
      {
        id: 'grey-contrast',
        title: 'Contrast of an image',
        caption: 'Standard deviation of the grey levels of the 8-bit picture.',
        axis: 'Standard deviation, grey levels',
      },
      images.greyMeans.map(({ standardDeviation, positive }) => ({ value: standardDeviation, positive })),
      { from: 0, to: 128, bins: 32 },
    ),
    images.greyMeans.length === 0
      ? null
      : {
          id: 'grey-levels',
          title: 'Grey levels of all images',
          caption: `Mean over ${images.greyMeans.length} images, each counting the same; bins of 16 levels.`,
          svg: drawPlot({
            ariaLabel: 'Histogram of grey levels',
            width: 520,
            height: 320,
            x: { label: 'Grey level of the 8-bit picture', domain: [0, 256] },
            y: { label: 'Pixels, %', grid: true },
            marks: [
              Plot.rectY(levels, {
                x1: 'x1',
                x2: 'x2',
                y: 'share',
                fill: palette.muted,
                insetLeft: 0.5,
                insetRight: 0.5,
              }),
              Plot.ruleY([0]),
            ],
          }),
        },
  ]
}
