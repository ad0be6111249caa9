import { useEffect, useRef, useState } from 'preact/hooks'
import type { Picture } from '../study/load-study.ts'
import { type GreyLevels, levelsOf } from './grey-table.ts'
import { isTyping } from './is-typing.ts'
import { describeLength } from './length.ts'
import type { Brush } from './mask-editor.ts'
import { PictureCanvas } from './picture-canvas.tsx'
import { describeArea } from './plane-words.ts'
import { isBrush, type Measure, type Tool } from './tool.ts'
import type { Overlays } from './use-painting.ts'
import type { ReaderMasks } from './use-reader-masks.ts'
import {
  fitView,
  type Lie,
  mirror,
  type Point,
  rotateClockwise,
  type Size,
  uprightLie,
  type View,
  zoomAt,
} from './view.ts'
import { ViewerToolbar } from './viewer-toolbar.tsx'

/** The smallest brush covers a pixel. Unit: columns of the image. */
const leastRadius = 0.5

interface Props {
  readonly picture: Picture
  readonly masks: ReaderMasks
  /** The picture alone, whatever the reader has chosen to see over it. */
  readonly areMarksHidden: boolean
}

/** A radiograph to be looked at: all that one does with it, by pointer and by keys. */
export function Viewer({ picture, masks, areMarksHidden }: Props) {
  const { facts } = picture
  const [canvas, setCanvas] = useState<Size>({ width: 800, height: 800 })
  const [lie, setLie] = useState<Lie>(() => uprightLie(facts.turn))
  /** Null: the whole picture, however large the canvas is. */
  const [chosenView, setView] = useState<View | null>(null)
  const [levels, setLevels] = useState<GreyLevels>(() => levelsOf(facts.presentations[0]))
  const [chosenOverlays, setOverlays] = useState<Overlays>({
    areOff: false,
    contour: true,
    fill: false,
    activation: false,
    opacity: 0.35,
  })
  const overlays = areMarksHidden ? { ...chosenOverlays, areOff: true } : chosenOverlays
  const [tool, setTool] = useState<Tool>('window')
  const [measure, setMeasure] = useState<Measure | null>(null)
  const [probed, setProbed] = useState<Point | null>(null)
  const [radius, setRadius] = useState(() => facts.columns / 60)
  const view = chosenView ?? fitView(facts, canvas, lie)

  const turnTo = (turned: Lie) => {
    setLie(turned)
    setView(chosenView && { ...chosenView, lie: turned })
  }
  const toggle = (layer: 'contour' | 'fill' | 'activation') => {
    const isThere = layer === 'activation' ? picture.activationMap !== null : masks.mask !== null
    // The first press after 'all off' brings the layer back, whatever it was before.
    if (isThere) setOverlays({ ...overlays, areOff: false, [layer]: overlays.areOff || !overlays[layer] })
  }
  const largestRadius = facts.columns / 6
  const resize = (factor: number) => setRadius(Math.min(largestRadius, Math.max(leastRadius, radius * factor)))
  const takeBrush = (chosen: 'draw' | 'erase') => {
    setTool(chosen)
    // Who draws must see what is drawn.
    setOverlays({ ...overlays, areOff: false, contour: overlays.contour || !overlays.fill })
  }
  const brush: Brush | null = isBrush(tool) ? { value: tool === 'draw' ? 1 : 0, radius, aspect: view.aspect } : null
  const middle = { x: canvas.width / 2, y: canvas.height / 2 }
  const actions: Record<string, () => void> = {
    w: () => setTool('window'),
    p: () => setTool('pan'),
    l: () => setTool('length'),
    d: () => takeBrush('draw'),
    e: () => takeBrush('erase'),
    ',': () => resize(0.8),
    '.': () => resize(1.25),
    z: masks.undo,
    y: masks.redo,
    i: () => setLevels({ ...levels, isInverted: !levels.isInverted }),
    r: () => turnTo(rotateClockwise(lie)),
    x: () => turnTo(mirror(lie)),
    o: () => setOverlays({ ...overlays, areOff: !overlays.areOff }),
    c: () => toggle('contour'),
    f: () => toggle('fill'),
    a: () => toggle('activation'),
    '+': () => setView(zoomAt(view, canvas, middle, 1.25)),
    '-': () => setView(zoomAt(view, canvas, middle, 0.8)),
    0: () => setView(null),
    1: () => setView(zoomAt(view, canvas, middle, 1 / view.zoom)),
  }
  // Over a naked picture no layer is called up, and nothing is drawn from what was found.
  for (const key of areMarksHidden ? 'ocfadezy' : '') delete actions[key]
  useKeys(actions)

  return (
    <section class="viewer" aria-label="Radiograph">
      <ViewerToolbar
        picture={picture}
        levels={levels}
        onLevels={setLevels}
        overlays={overlays}
        onOverlays={setOverlays}
        masks={masks}
        areMarksHidden={areMarksHidden}
        tool={tool}
        radius={{ value: radius, least: leastRadius, most: largestRadius, onChange: setRadius }}
        actions={actions}
      />
      <PictureCanvas
        picture={picture}
        canvas={canvas}
        onResize={setCanvas}
        view={view}
        onView={setView}
        levels={levels}
        onLevels={setLevels}
        overlays={overlays}
        masks={masks}
        tool={tool}
        brush={brush}
        probed={probed}
        measure={measure}
        onMeasure={setMeasure}
        onProbe={setProbed}
      />
      <p class="readout" role="status">
        {measure ? `Length ${describeLength(measure.from, measure.to, facts.spacing)} · ` : ''}
        {masks.own ? `Your mask ${describeArea(masks.own.areaPixels, facts.spacing)} · ` : ''}
        Zoom {(view.zoom * 100).toFixed(0)} %{overlays.areOff ? ' · all overlays off' : ''}
      </p>
      <p class="probe">{probed ? describeProbe(picture, probed) : '\u00a0'}</p>
    </section>
  )
}

function describeProbe({ facts, levels }: Picture, { x, y }: Point): string {
  const column = Math.floor(x)
  const row = Math.floor(y)
  if (column < 0 || row < 0 || column >= facts.columns || row >= facts.rows) return '\u00a0'
  const value = facts.slope * levels[0].samples[row * facts.columns + column] + facts.intercept
  return `column ${column}, row ${row}: ${Number.isInteger(value) ? value : value.toFixed(2)}`
}

/** The keys hold as long as the viewer is there; the newest actions count. */
function useKeys(actions: Record<string, () => void>): void {
  const newest = useRef(actions)
  newest.current = actions
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const action = newest.current[event.key.toLowerCase()]
      if (!action || isTyping(event)) return
      event.preventDefault()
      action()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}
