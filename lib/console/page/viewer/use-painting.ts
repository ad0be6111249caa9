import type { RefObject } from 'preact'
import { useLayoutEffect, useMemo } from 'preact/hooks'
import type { Picture } from '../study/load-study.ts'
import { sampleActivation } from './activation-map.ts'
import { buildSampleGrey, type GreyLevels } from './grey-table.ts'
import { paintView } from './paint-view.ts'
import { sampleMask, sampleView } from './sample-view.ts'
import type { Measure } from './tool.ts'
import type { PaintedMask } from './use-reader-masks.ts'
import { type Size, toScreen, type View } from './view.ts'

/** What the reader wants to see over the picture. */
export interface Overlays {
  /** The naked picture, whatever else is chosen. */
  readonly areOff: boolean
  readonly contour: boolean
  readonly fill: boolean
  readonly activation: boolean
  /** Range: 0 to 1. */
  readonly opacity: number
}

interface Painting {
  readonly picture: Picture
  readonly view: View
  readonly canvas: Size
  readonly levels: GreyLevels
  readonly overlays: Overlays
  readonly masks: PaintedMask
  readonly measure: Measure | null
}

/** Paints what has changed: samples are taken anew when the view moves, a window is a table. */
export function usePainting(target: RefObject<HTMLCanvasElement | null>, painting: Painting): void {
  const { picture, view, canvas, levels, overlays, masks, measure } = painting
  const { width, height } = canvas
  const viewKey = JSON.stringify([view, width, height])
  const wantsMask = !overlays.areOff && (overlays.contour || overlays.fill) && masks.mask !== null
  const wantsActivation = !overlays.areOff && overlays.activation && picture.activationMap !== null
  // biome-ignore-start lint/correctness/useExhaustiveDependencies: the key stands for the view and the size, the version for the mask
  const sampled = useMemo(() => sampleView(picture.levels, view, canvas), [picture, viewKey])
  const mask = useMemo(
    () => (wantsMask ? sampleMask(masks.mask!, picture.facts, view, canvas) : null),
    [picture, masks.mask, masks.version, viewKey, wantsMask],
  )
  const activation = useMemo(
    () => (wantsActivation ? sampleActivation(picture.activationMap!, picture.facts, view, canvas) : null),
    [picture, viewKey, wantsActivation],
  )
  // biome-ignore-end lint/correctness/useExhaustiveDependencies: as above
  const grey = useMemo(() => buildSampleGrey(picture.facts, levels), [picture, levels])
  const pixels = useMemo(() => new ImageData(width, height), [width, height])
  const { fill: isFilled, contour: hasContour, opacity } = overlays
  const isDrawn = masks.shown !== 'model'

  useLayoutEffect(() => {
    const drawing = target.current!.getContext('2d', { alpha: false })!
    paintView(sampled, grey, { mask, isFilled, hasContour, isDrawn, activation, opacity }, pixels.data)
    drawing.putImageData(pixels, 0, 0)
    if (measure) drawMeasure(drawing, measure, view, canvas)
  }, [sampled, grey, mask, isFilled, hasContour, isDrawn, activation, opacity, pixels, measure, viewKey])
}

function drawMeasure(drawing: CanvasRenderingContext2D, { from, to }: Measure, view: View, canvas: Size): void {
  const [start, end] = [toScreen(view, canvas, from), toScreen(view, canvas, to)]
  for (const [colour, lineWidth] of [
    ['#000', 4],
    ['#ffe14d', 2],
  ] as const) {
    drawing.strokeStyle = colour
    drawing.lineWidth = lineWidth
    drawing.beginPath()
    drawing.moveTo(start.x, start.y)
    drawing.lineTo(end.x, end.y)
    drawing.stroke()
  }
}
