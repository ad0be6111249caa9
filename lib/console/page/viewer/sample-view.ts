import type { FrameLevel } from './frame-pyramid.ts'
import { type Point, type Size, toImage, type View } from './view.ts'

/** The picture on the screen, before grey levels. */
export interface SampledView extends Size {
  readonly samples: Uint16Array
  /** 1 where the image is. */
  readonly isInside: Uint8Array
}

/**
 * Takes the samples that a view shows, bilinearly, from the smallest level that loses nothing. Each axis of the screen
 * follows one axis of the image, so offsets and weights are worked out once per row and column.
 */
export function sampleView(levels: readonly FrameLevel[], view: View, canvas: Size): SampledView {
  const depth = depthFor(view.zoom * Math.min(1, view.aspect), levels.length)
  const { width, height, samples: from } = levels[depth]
  const image = { width: levels[0].width, height: levels[0].height }
  const isSideways = view.lie.columnPerX === 0
  const columnAt = (point: Point): number => toImage(view, canvas, point).x
  const rowAt = (point: Point): number => toImage(view, canvas, point).y
  const alongColumns = (count: number, at: (step: number) => Point) =>
    axisOf(count, (step) => columnAt(at(step)), image.width, width, depth, 1)
  const alongRows = (count: number, at: (step: number) => Point) =>
    axisOf(count, (step) => rowAt(at(step)), image.height, height, depth, width)
  const pointX = (x: number): Point => ({ x: x + 0.5, y: 0 })
  const pointY = (y: number): Point => ({ x: 0, y: y + 0.5 })
  const xAxis = isSideways ? alongRows(canvas.width, pointX) : alongColumns(canvas.width, pointX)
  const yAxis = isSideways ? alongColumns(canvas.height, pointY) : alongRows(canvas.height, pointY)

  const out = new Uint16Array(canvas.width * canvas.height)
  const isInside = new Uint8Array(out.length)
  for (let y = 0, at = 0; y < canvas.height; y++) {
    if (yAxis.isInside[y] === 0) {
      at += canvas.width
      continue
    }
    const downWeight = yAxis.weights[y]
    const step = yAxis.steps[y]
    for (let x = 0; x < canvas.width; x++, at++) {
      if (xAxis.isInside[x] === 0) continue
      const first = yAxis.offsets[y] + xAxis.offsets[x]
      const second = first + step
      const across = xAxis.steps[x]
      const weight = xAxis.weights[x]
      const upper = from[first] * (256 - weight) + from[first + across] * weight
      const lower = from[second] * (256 - weight) + from[second + across] * weight
      out[at] = (upper * (256 - downWeight) + lower * downWeight + 32768) / 65536
      isInside[at] = 1
    }
  }
  return { ...canvas, samples: out, isInside }
}

/** The level of which a pixel of the screen still covers at least one of its own. */
function depthFor(zoom: number, levels: number): number {
  let depth = 0
  while (depth + 1 < levels && zoom * 2 ** (depth + 1) <= 1) depth++
  return depth
}

interface Axis {
  /** Of the first of the two samples, within a line or as the start of one. */
  readonly offsets: Int32Array
  /** To the second. */
  readonly steps: Int32Array
  /** Of the second. Range: 0 to 256. */
  readonly weights: Uint16Array
  readonly isInside: Uint8Array
}

function axisOf(
  count: number,
  imageAt: (step: number) => number,
  imageLength: number,
  levelLength: number,
  depth: number,
  stride: number,
): Axis {
  const axis = {
    offsets: new Int32Array(count),
    steps: new Int32Array(count),
    weights: new Uint16Array(count),
    isInside: new Uint8Array(count),
  }
  for (let step = 0; step < count; step++) {
    const position = imageAt(step)
    if (position < 0 || position >= imageLength) continue
    const inLevel = Math.min(levelLength - 1, Math.max(0, position / 2 ** depth - 0.5))
    const first = Math.floor(inLevel)
    axis.offsets[step] = first * stride
    axis.steps[step] = first + 1 < levelLength ? stride : 0
    axis.weights[step] = Math.round((inLevel - first) * 256)
    axis.isInside[step] = 1
  }
  return axis
}

/** What a mask of the image holds under the middle of each pixel of the screen; 0 outside. */
export function sampleMask(
  mask: Uint8Array,
  size: { rows: number; columns: number },
  view: View,
  canvas: Size,
): Uint8Array {
  const out = new Uint8Array(canvas.width * canvas.height)
  const isSideways = view.lie.columnPerX === 0
  const along = Int32Array.from({ length: canvas.width }, (_, x) => {
    const point = toImage(view, canvas, { x: x + 0.5, y: 0 })
    return isSideways ? lineOf(point.y, size.rows, size.columns) : lineOf(point.x, size.columns, 1)
  })
  const down = Int32Array.from({ length: canvas.height }, (_, y) => {
    const point = toImage(view, canvas, { x: 0, y: y + 0.5 })
    return isSideways ? lineOf(point.x, size.columns, 1) : lineOf(point.y, size.rows, size.columns)
  })
  const first = along.findIndex((line) => line >= 0)
  const end = along.findLastIndex((line) => line >= 0) + 1
  for (let y = 0; y < canvas.height; y++) {
    const line = down[y]
    if (line < 0 || first < 0) continue
    const from = y * canvas.width
    for (let x = first; x < end; x++) out[from + x] = mask[line + along[x]]
  }
  return out
}

/** Where a line of the mask begins; −1 outside the image. */
const lineOf = (position: number, length: number, stride: number): number =>
  position < 0 || position >= length ? -1 : Math.floor(position) * stride
