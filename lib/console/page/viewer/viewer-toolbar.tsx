import type { FramePresentation } from '../../contract/frame.ts'
import type { Picture } from '../study/load-study.ts'
import { type GreyLevels, levelsOf, windowOf } from './grey-table.ts'
import { isShown } from './link-panes.ts'
import { isBrush, type Tool } from './tool.ts'
import type { Overlays } from './use-painting.ts'
import type { Links, Side } from './use-panes.ts'
import type { ReaderMasks } from './use-reader-masks.ts'

const presentationWords: Record<FramePresentation['id'], string> = {
  screened: 'as screened',
  'file-window': "the file's window",
  'file-voi-lut': "the file's VOI LUT",
  'own-levels': 'from darkest to brightest',
}

interface Props {
  readonly picture: Picture
  readonly levels: GreyLevels
  readonly onLevels: (levels: GreyLevels) => void
  readonly overlays: Overlays
  readonly onOverlays: (overlays: Overlays) => void
  readonly masks: ReaderMasks
  /** Which layers there are, on either side. */
  readonly has: { readonly mask: boolean; readonly activation: boolean }
  readonly areMarksHidden: boolean
  readonly tool: Tool
  /** Of the brush. Unit: columns of the image. */
  readonly radius: {
    readonly value: number
    readonly least: number
    readonly most: number
    readonly onChange: (radius: number) => void
  }
  /** Null where no prior is beside the picture. */
  readonly comparison: {
    readonly links: Links
    readonly active: Side
    /** There are two pictures to act on. */
    readonly canSwitch: boolean
  } | null
  /** What each key does. */
  readonly actions: Readonly<Record<string, () => void>>
}

/** All that is done with a picture, and the key for it. */
export function ViewerToolbar(props: Props) {
  const { picture, levels, onLevels, overlays, onOverlays, masks, has, areMarksHidden, comparison, tool, actions } =
    props
  const { presentations } = picture.facts
  const shown = presentations.findIndex((presentation) => isShown(presentation, levels))
  const window = windowOf(levels)
  const setWindow = (change: { center?: number; width?: number }) =>
    onLevels({ kind: 'window', window: { ...window, ...change }, isInverted: levels.isInverted })
  const layer = (key: string, words: string, isOn: boolean, isThere: boolean) => (
    <button type="button" aria-pressed={isThere && isOn && !overlays.areOff} disabled={!isThere} onClick={actions[key]}>
      {words} ({key.toUpperCase()})
    </button>
  )
  return (
    <div class="toolbar" role="toolbar" aria-label="Viewer">
      <fieldset>
        <legend>Pointer</legend>
        <ToolButton tool="window" current={tool} words="Window (W)" onChoose={actions.w} />
        <ToolButton tool="pan" current={tool} words="Pan (P)" onChoose={actions.p} />
        <ToolButton tool="length" current={tool} words="Length (L)" onChoose={actions.l} />
        {areMarksHidden ? null : (
          <>
            <ToolButton tool="draw" current={tool} words="Draw (D)" onChoose={actions.d} />
            <ToolButton tool="erase" current={tool} words="Erase (E)" onChoose={actions.e} />
          </>
        )}
      </fieldset>
      <fieldset>
        <legend>Grey levels</legend>
        <select
          aria-label="Grey levels"
          value={String(shown)}
          onChange={(event) => onLevels(levelsOf(presentations[Number(event.currentTarget.value)]))}
        >
          {shown < 0 ? <option value="-1">your own</option> : null}
          {presentations.map((presentation, index) => (
            <option key={presentation.id} value={String(index)}>
              {presentationWords[presentation.id]}
            </option>
          ))}
        </select>
        <NumberField
          words="C"
          label="center of the window"
          value={window.center}
          onValue={(center) => setWindow({ center })}
        />
        <NumberField
          words="W"
          label="width of the window"
          value={window.width}
          onValue={(width) => width >= 1 && setWindow({ width })}
        />
        <button type="button" aria-pressed={levels.isInverted} onClick={actions.i}>
          Invert (I)
        </button>
      </fieldset>
      <fieldset>
        <legend>Picture</legend>
        <button type="button" onClick={actions['+']} aria-label="Larger (+)">
          +
        </button>
        <button type="button" onClick={actions['-']} aria-label="Smaller (-)">
          −
        </button>
        <button type="button" onClick={actions[0]}>
          Fit (0)
        </button>
        <button type="button" onClick={actions[1]}>
          1:1 (1)
        </button>
        <button type="button" onClick={actions.r}>
          Rotate (R)
        </button>
        <button type="button" onClick={actions.x}>
          Mirror (X)
        </button>
      </fieldset>
      <fieldset hidden={areMarksHidden}>
        <legend>Overlays</legend>
        {layer('c', 'Contour', overlays.contour, has.mask)}
        {layer('f', 'Fill', overlays.fill, has.mask)}
        {layer('a', 'Map', overlays.activation, has.activation)}
        <label>
          <input
            type="range"
            aria-label="Opacity"
            title="Opacity"
            min={0.05}
            max={0.8}
            step={0.05}
            value={overlays.opacity}
            onInput={(event) => onOverlays({ ...overlays, opacity: Number(event.currentTarget.value) })}
          />
        </label>
        <button type="button" aria-pressed={overlays.areOff} onClick={actions.o}>
          Off (O)
        </button>
      </fieldset>
      {comparison ? <ComparisonFields comparison={comparison} actions={actions} /> : null}
      {!areMarksHidden && (isBrush(tool) || masks.choices.length > 1) ? <MaskFields {...props} /> : null}
    </div>
  )
}

/** There while a prior is beside the picture. */
function ComparisonFields({
  comparison,
  actions,
}: { comparison: NonNullable<Props['comparison']> } & Pick<Props, 'actions'>) {
  const { links, active, canSwitch } = comparison
  return (
    <fieldset>
      <legend>Prior</legend>
      <button type="button" aria-pressed={links.views} onClick={actions.k}>
        Link (K)
      </button>
      <button type="button" aria-pressed={links.windows} onClick={actions.u}>
        Windows (U)
      </button>
      <button type="button" disabled={!canSwitch} onClick={actions.s}>
        To {active === 'current' ? 'prior' : 'current'} (S)
      </button>
    </fieldset>
  )
}

/** There once a brush is taken, or there is more than the model's mask to be looked at. */
function MaskFields({ masks, radius, picture, actions }: Props) {
  const diameter = picture.facts.spacing
    ? `${(2 * radius.value * picture.facts.spacing.columnMm).toFixed(0)} mm`
    : `${(2 * radius.value).toFixed(0)} pixels`
  return (
    <fieldset>
      <legend>Mask</legend>
      {masks.choices.length > 1 ? (
        <label>
          <select aria-label="Mask" value={masks.shown} onChange={(event) => masks.show(event.currentTarget.value)}>
            {masks.choices.map(({ id, words }) => (
              <option key={id} value={id}>
                {words}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      <label>
        Brush (, .)
        <input
          type="range"
          min={Math.log(radius.least)}
          max={Math.log(radius.most)}
          step="any"
          value={Math.log(radius.value)}
          aria-valuetext={diameter}
          onInput={(event) => radius.onChange(Math.exp(event.currentTarget.valueAsNumber))}
        />
        {diameter}
      </label>
      <button type="button" disabled={!masks.canUndo} onClick={actions.z}>
        Undo (Z)
      </button>
      <button type="button" disabled={!masks.canRedo} onClick={actions.y}>
        Redo (Y)
      </button>
    </fieldset>
  )
}

interface ToolButtonProps {
  readonly tool: Tool
  readonly current: Tool
  readonly words: string
  readonly onChoose: () => void
}

const ToolButton = ({ tool, current, words, onChoose }: ToolButtonProps) => (
  <button type="button" aria-pressed={tool === current} onClick={onChoose}>
    {words}
  </button>
)

interface NumberFieldProps {
  /** What is seen: the toolbar has little room. */
  readonly words: string
  readonly label: string
  readonly value: number
  readonly onValue: (value: number) => void
}

const NumberField = ({ words, label, value, onValue }: NumberFieldProps) => (
  <label>
    <abbr title={label}>{words}</abbr>
    <input
      type="number"
      aria-label={`${words}: ${label}`}
      step="any"
      value={Math.round(value * 10) / 10}
      onChange={(event) =>
        Number.isFinite(event.currentTarget.valueAsNumber) && onValue(event.currentTarget.valueAsNumber)
      }
    />
  </label>
)
