import { useLayoutEffect } from 'preact/hooks'
import type { Brush } from './mask-editor.ts'
import type { PaintedMask } from './use-reader-masks.ts'
import { type Point, type Size, toImage, toScreen, type View } from './view.ts'

export const brushKeysWords = 'Arrow keys move the brush, with Shift they draw; the space bar draws where it is.'

interface MarkProps {
  readonly brush: Brush
  readonly probed: Point
  readonly view: View
  readonly canvas: Size
}

/** The edge of the brush, over the canvas: moving it paints nothing anew. */
export function BrushMark({ brush, probed, view, canvas }: MarkProps) {
  const { x, y } = toScreen(view, canvas, probed)
  const place = (element: HTMLElement | null) => {
    if (!element) return
    const perPixel = element.parentElement!.clientWidth / canvas.width
    const radius = brush.radius * view.zoom * perPixel
    element.style.width = element.style.height = `${2 * radius}px`
    element.style.transform = `translate(${x * perPixel - radius}px, ${y * perPixel - radius}px)`
  }
  return <div class={`brush ${brush.value === 1 ? 'draws' : 'erases'}`} ref={place} />
}

interface KeysProps {
  readonly brush: Brush | null
  readonly probed: Point | null
  readonly view: View
  readonly canvas: Size
  readonly masks: PaintedMask
  readonly onProbe: (point: Point) => void
}

const directions: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** The brush without a pointer: the keys move it as the picture lies on the screen, by half of its radius. */
export function useBrushKeys(element: { current: HTMLCanvasElement | null }, props: KeysProps) {
  const { brush, probed, view, canvas, masks, onProbe } = props
  const hasBrush = brush !== null
  // Before the next key comes: an effect after the frame may be too late for who types fast.
  useLayoutEffect(() => {
    if (hasBrush) element.current!.focus({ preventScroll: true })
  }, [element, hasBrush])
  return (event: KeyboardEvent) => {
    const direction = directions[event.key]
    if (!brush || (!direction && event.key !== ' ')) return
    event.preventDefault()
    const from = probed ?? toImage(view, canvas, { x: canvas.width / 2, y: canvas.height / 2 })
    const to = direction ? moved(from, direction, brush, view, canvas) : from
    onProbe(to)
    if (direction && !event.shiftKey) return
    masks.paint(from, to, brush)
    masks.lift()
  }
}

function moved(from: Point, [x, y]: readonly [number, number], brush: Brush, view: View, canvas: Size): Point {
  const at = toScreen(view, canvas, from)
  const step = Math.max(1, (brush.radius * view.zoom) / 2)
  const wanted = { x: at.x + x * step, y: at.y + y * step }
  const kept = (place: number, length: number): number => Math.min(length, Math.max(0, place))
  return toImage(view, canvas, { x: kept(wanted.x, canvas.width), y: kept(wanted.y, canvas.height) })
}
