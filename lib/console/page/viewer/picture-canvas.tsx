import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Picture } from '../study/load-study.ts'
import { BrushMark, brushKeysWords, useBrushKeys } from './brush.tsx'
import { dragWindow, type GreyLevels, windowOf } from './grey-table.ts'
import type { Brush } from './mask-editor.ts'
import { isBrush, type Measure, type Tool } from './tool.ts'
import { type Overlays, usePainting } from './use-painting.ts'
import type { PaintedMask } from './use-reader-masks.ts'
import { edgeMarks, type Point, panBy, type Size, toImage, type View, zoomAt } from './view.ts'

/** Above so many pixels of the canvas, moving it gets slow on a machine without a graphics card. */
const mostCanvasPixels = 2_500_000

interface Props {
  /** Whose picture it is, for those who do not see it. */
  readonly words: string
  /** How many pictures share what may be painted. */
  readonly sharedBy: number
  readonly picture: Picture
  readonly canvas: Size
  readonly onResize: (size: Size) => void
  readonly view: View
  readonly onView: (view: View) => void
  readonly levels: GreyLevels
  readonly onLevels: (levels: GreyLevels) => void
  readonly overlays: Overlays
  readonly masks: PaintedMask
  readonly tool: Tool
  /** What draws and erases; null while the pointer does something else. */
  readonly brush: Brush | null
  /** Under the pointer, or where the keys have moved the brush. */
  readonly probed: Point | null
  readonly measure: Measure | null
  readonly onMeasure: (measure: Measure | null) => void
  readonly onProbe: (point: Point | null) => void
}

/** The picture on the screen, its edges marked with the patient's directions. */
export function PictureCanvas(props: Props) {
  const { words, picture, canvas, view, onView, onProbe, onResize, brush, probed, sharedBy } = props
  const element = useRef<HTMLCanvasElement>(null)
  useCanvasSize(element, onResize, sharedBy)
  usePainting(element, props)
  const drag = useDrag(element, props)
  const onKeyDown = useBrushKeys(element, props)
  const pointOf = (event: MouseEvent): Point => pointOn(element.current!, event)
  const { orientation, isOrientationAssumed } = picture.facts
  const marks = edgeMarks(view.lie, orientation)
  return (
    <div class="picture">
      <canvas
        ref={element}
        width={canvas.width}
        height={canvas.height}
        role="img"
        aria-label={brush ? `${words}. ${brushKeysWords}` : words}
        tabIndex={brush ? 0 : -1}
        onKeyDown={onKeyDown}
        onPointerDown={drag.start}
        onPointerMove={(event) => {
          drag.move(event)
          onProbe(toImage(view, canvas, pointOf(event)))
        }}
        onPointerUp={drag.end}
        onPointerCancel={drag.end}
        onPointerLeave={() => onProbe(null)}
        onContextMenu={(event) => event.preventDefault()}
        onWheel={(event) => {
          event.preventDefault()
          onView(zoomAt(view, canvas, pointOf(event), event.deltaY < 0 ? 1.15 : 1 / 1.15))
        }}
      />
      {brush && probed ? <BrushMark {...{ brush, probed, view, canvas }} /> : null}
      {marks ? (
        <>
          <span class="mark left">{marks.left}</span>
          <span class="mark right">{marks.right}</span>
          <span class="mark top">{marks.top}</span>
          <span class="mark bottom">{marks.bottom}</span>
        </>
      ) : null}
      {isOrientationAssumed ? <span class="mark-note">orientation assumed: the file does not say it</span> : null}
      {orientation ? null : <span class="mark-note">orientation unknown</span>}
    </div>
  )
}

/** The canvas is as large as its place on the page, in the screen's own pixels where those are not too many. */
function useCanvasSize(
  element: { current: HTMLCanvasElement | null },
  onResize: (size: Size) => void,
  sharedBy: number,
): void {
  const newest = useRef(onResize)
  newest.current = onResize
  useLayoutEffect(() => {
    const place = element.current!.parentElement!
    const measure = () => {
      const { clientWidth, clientHeight } = place
      const most = Math.sqrt(mostCanvasPixels / sharedBy / Math.max(1, clientWidth * clientHeight))
      const ratio = Math.min(devicePixelRatio, most)
      newest.current({
        width: Math.max(1, Math.floor(clientWidth * ratio)),
        height: Math.max(1, Math.floor(clientHeight * ratio)),
      })
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(place)
    return () => observer.disconnect()
  }, [element, sharedBy])
}

function pointOn(canvas: HTMLCanvasElement, { clientX, clientY }: MouseEvent): Point {
  const place = canvas.getBoundingClientRect()
  return {
    x: ((clientX - place.left) * canvas.width) / place.width,
    y: ((clientY - place.top) * canvas.height) / place.height,
  }
}

/** The left button does what was chosen, the right one always changes the window, the middle one always pans. */
function useDrag(element: { current: HTMLCanvasElement | null }, props: Props) {
  const under = useRef<{ tool: Tool; last: Point; from: Point } | null>(null)
  const { canvas, view, onView, levels, onLevels, tool, onMeasure, masks, brush } = props
  return {
    start: (event: PointerEvent) => {
      const tools: readonly Tool[] = [tool, 'pan', 'window']
      const last = pointOn(element.current!, event)
      under.current = { tool: tools[event.button] ?? tool, last, from: toImage(view, canvas, last) }
      element.current!.setPointerCapture(event.pointerId)
      if (under.current.tool === 'length') onMeasure(null)
      if (isBrush(under.current.tool) && brush) masks.paint(under.current.from, under.current.from, brush)
    },
    move: (event: PointerEvent) => {
      const dragged = under.current
      if (!dragged) return
      const point = pointOn(element.current!, event)
      const [dx, dy] = [point.x - dragged.last.x, point.y - dragged.last.y]
      const before = toImage(view, canvas, dragged.last)
      dragged.last = point
      if (isBrush(dragged.tool)) {
        if (brush) masks.paint(before, toImage(view, canvas, point), brush)
      } else if (dragged.tool === 'pan') onView(panBy(view, canvas, dx, dy))
      else if (dragged.tool === 'length') onMeasure({ from: dragged.from, to: toImage(view, canvas, point) })
      else {
        onLevels({ kind: 'window', window: dragWindow(windowOf(levels), dx, dy), isInverted: levels.isInverted })
      }
    },
    end: () => {
      if (under.current && isBrush(under.current.tool)) masks.lift()
      under.current = null
    },
  }
}
