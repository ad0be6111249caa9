import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { describeInterval } from '../prior/prior-panel.tsx'
import type { ShownPrior } from '../prior/use-prior.ts'
import type { Picture } from '../study/load-study.ts'
import { describeLength } from './length.ts'
import { describeScale } from './link-panes.ts'
import type { Brush } from './mask-editor.ts'
import { PaneFrame } from './pane-frame.tsx'
import { PictureCanvas } from './picture-canvas.tsx'
import { describeArea } from './plane-words.ts'
import { isBrush, type Tool } from './tool.ts'
import { useKeys } from './use-keys.ts'
import type { Overlays } from './use-painting.ts'
import { type Links, type ShownPane, type Side, usePanes } from './use-panes.ts'
import { modelMask, type PaintedMask, type ReaderMasks } from './use-reader-masks.ts'
import { mirror, panBy, rotateClockwise, zoomAt } from './view.ts'
import { ViewerToolbar } from './viewer-toolbar.tsx'

/** The smallest brush covers a pixel. Unit: columns of the image. */
const leastRadius = 0.5
/** How far an arrow key moves a picture, as a share of its canvas. */
const panShare = 0.1

interface Props {
  readonly picture: Picture
  readonly masks: ReaderMasks
  /** The picture alone, whatever the reader has chosen to see over it. */
  readonly areMarksHidden: boolean
  /** What lies beside it; null: nothing. */
  readonly prior: ShownPrior | null
  /** When the picture was taken; null where the file does not say it. */
  readonly studyDate: string | null
  /** What was found, for the bands over two pictures. */
  readonly badges: Readonly<Record<Side, ComponentChildren>>
}

/** A radiograph to be looked at, alone or with a prior beside it: all that one does with it, by pointer and by keys. */
export function Viewer({ picture, masks, areMarksHidden, prior, studyDate, badges }: Props) {
  const { facts } = picture
  const [links, setLinks] = useState<Links>({ views: true, windows: false })
  const panes = usePanes(picture, prior?.picture ?? null, links)
  const [chosenSide, setActive] = useState<Side>('current')
  const active: Side = panes.prior ? chosenSide : 'current'
  const [chosenOverlays, setOverlays] = useState<Overlays>({
    areOff: false,
    contour: true,
    fill: false,
    activation: false,
    opacity: 0.35,
  })
  const overlays = areMarksHidden ? { ...chosenOverlays, areOff: true } : chosenOverlays
  const [tool, setTool] = useState<Tool>('window')
  const [radius, setRadius] = useState(() => facts.columns / 60)
  const pane = panes[active]!
  const hasMask = masks.mask !== null || panes.prior?.picture.mask != null
  const hasActivation = picture.activationMap !== null || panes.prior?.picture.activationMap != null

  const toggle = (layer: 'contour' | 'fill' | 'activation') => {
    const isThere = layer === 'activation' ? hasActivation : hasMask
    // The first press after 'all off' brings the layer back, whatever it was before.
    if (isThere) setOverlays({ ...overlays, areOff: false, [layer]: overlays.areOff || !overlays[layer] })
  }
  const largestRadius = facts.columns / 6
  const resize = (factor: number) => setRadius(Math.min(largestRadius, Math.max(leastRadius, radius * factor)))
  const takeBrush = (chosen: 'draw' | 'erase') => {
    setTool(chosen)
    // A review is of the current picture: nobody draws on a prior.
    setActive('current')
    // Who draws must see what is drawn.
    setOverlays({ ...overlays, areOff: false, contour: overlays.contour || !overlays.fill })
  }
  const brush: Brush | null = isBrush(tool)
    ? { value: tool === 'draw' ? 1 : 0, radius, aspect: panes.current.view.aspect }
    : null
  const middle = { x: pane.canvas.width / 2, y: pane.canvas.height / 2 }
  const zoom = (factor: number) => panes.setView(active, zoomAt(pane.view, pane.canvas, middle, factor))
  const pan = (x: number, y: number) => {
    const { width, height } = pane.canvas
    panes.setView(active, panBy(pane.view, pane.canvas, x * panShare * width, y * panShare * height))
  }
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
    i: () => panes.setLevels(active, { ...pane.levels, isInverted: !pane.levels.isInverted }),
    r: () => panes.turn(active, rotateClockwise),
    x: () => panes.turn(active, mirror),
    o: () => setOverlays({ ...overlays, areOff: !overlays.areOff }),
    c: () => toggle('contour'),
    f: () => toggle('fill'),
    a: () => toggle('activation'),
    '+': () => zoom(1.25),
    '-': () => zoom(0.8),
    0: () => panes.fit(active),
    1: () => zoom(1 / pane.view.zoom),
    arrowleft: () => pan(1, 0),
    arrowright: () => pan(-1, 0),
    arrowup: () => pan(0, 1),
    arrowdown: () => pan(0, -1),
    s: () => panes.prior && setActive(active === 'current' ? 'prior' : 'current'),
    k: () => prior && setLinks({ ...links, views: !links.views }),
    u: () => prior && setLinks({ ...links, windows: !links.windows }),
  }
  // Over a naked picture no layer is called up, and nothing is drawn from what was found.
  for (const key of areMarksHidden ? 'ocfadezy' : '') delete actions[key]
  useKeys(actions)

  const canvasOf = (side: Side, { picture: shown, ...one }: ShownPane, mask: PaintedMask, words: string) => (
    <PictureCanvas
      words={words}
      sharedBy={prior ? 2 : 1}
      picture={shown}
      canvas={one.canvas}
      onResize={(canvas) => panes.change(side, { canvas })}
      view={one.view}
      onView={(view) => panes.setView(side, view)}
      levels={one.levels}
      onLevels={(levels) => panes.setLevels(side, levels)}
      overlays={overlays}
      masks={mask}
      tool={side === 'prior' && isBrush(tool) ? 'pan' : tool}
      brush={side === 'current' ? brush : null}
      probed={one.probed}
      measure={one.measure}
      onMeasure={(measure) => panes.change(side, { measure })}
      onProbe={(probed) => panes.change(side, { probed })}
    />
  )
  const current = canvasOf('current', panes.current, masks, prior ? 'Current chest radiograph' : 'Chest radiograph')
  const priorMask = panes.prior && modelMask(panes.prior.picture)
  const scale = panes.prior
    ? describeScale(
        { facts, view: panes.current.view, canvas: panes.current.canvas },
        { facts: panes.prior.picture.facts, view: panes.prior.view, canvas: panes.prior.canvas },
      )
    : ''
  const sides = prior
    ? [
        <PaneFrame
          key="current"
          side="current"
          date={studyDate ?? 'date unknown'}
          badge={badges.current}
          isActive={active === 'current'}
          onActive={setActive}
        >
          {current}
        </PaneFrame>,
        <PaneFrame
          key="prior"
          side="prior"
          date={`${prior.studyDate}, ${describeInterval(prior.daysBefore)}`}
          badge={badges.prior}
          scale={scale}
          isActive={active === 'prior'}
          onActive={setActive}
        >
          {panes.prior && priorMask ? (
            canvasOf('prior', panes.prior, priorMask, `Prior chest radiograph of ${prior.studyDate}`)
          ) : (
            <p class="picture no-picture" role="status">
              {prior.problem ?? 'Loading the prior …'}
            </p>
          )}
        </PaneFrame>,
      ]
    : []

  return (
    <section class="viewer" aria-label="Radiograph">
      <ViewerToolbar
        picture={pane.picture}
        levels={pane.levels}
        onLevels={(levels) => panes.setLevels(active, levels)}
        overlays={overlays}
        onOverlays={setOverlays}
        masks={masks}
        has={{ mask: hasMask, activation: hasActivation }}
        areMarksHidden={areMarksHidden}
        tool={tool}
        radius={{ value: radius, least: leastRadius, most: largestRadius, onChange: setRadius }}
        comparison={prior ? { links, active, canSwitch: panes.prior !== null } : null}
        actions={actions}
      />
      {prior ? <div class="panes">{prior.isFirst ? sides.toReversed() : sides}</div> : current}
      <p class="readout" role="status">
        {lengthWords(panes.current, prior ? 'Current: l' : 'L')}
        {panes.prior ? lengthWords(panes.prior, 'Prior: l') : ''}
        {masks.own ? `Your mask ${describeArea(masks.own.areaPixels, facts.spacing)} · ` : ''}
        Zoom {(panes.current.view.zoom * 100).toFixed(0)} %{overlays.areOff ? ' · all overlays off' : ''}
      </p>
      <p class="probe">{describeProbe(panes.current) ?? (panes.prior && describeProbe(panes.prior)) ?? '\u00a0'}</p>
    </section>
  )
}

const lengthWords = ({ measure, picture }: ShownPane, begin: string): string =>
  measure ? `${begin}ength ${describeLength(measure.from, measure.to, picture.facts.spacing)} · ` : ''

/** Null where nothing is under the pointer. */
function describeProbe({ probed, picture: { facts, levels } }: ShownPane): string | null {
  if (!probed) return null
  const column = Math.floor(probed.x)
  const row = Math.floor(probed.y)
  if (column < 0 || row < 0 || column >= facts.columns || row >= facts.rows) return null
  const value = facts.slope * levels[0].samples[row * facts.columns + column] + facts.intercept
  return `column ${column}, row ${row}: ${Number.isInteger(value) ? value : value.toFixed(2)}`
}
