import { StudyRejectedError } from '../kernel/errors.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import type { Radiograph } from '../radiograph/radiograph.ts'
import { applyModality } from './apply-window.ts'
import { estimateWindow } from './estimate-window.ts'
import { buildGreyTable } from './grey-table.ts'
import type { GreyLevels } from './prepared-image.ts'
import { setBorderAside } from './set-border-aside.ts'
import { histogramOf, lowestStoredValue, spreadOf, type ValueHistogram } from './value-histogram.ts'
import { clippedShareOf, isOpposed, isSteady, visibleStepsOf } from './visible-steps.ts'

/** Fewer stored values than this between the tails hold no picture. */
const minimumStoredSpread = 8
/** Fewer steps of grey than this, of 32, show none. */
const minimumVisibleSteps = 4
/**
 * The file's grey levels are used while they keep at least this share of the grey steps that could be told apart. Of
 * 3,032 real chests that are shown as they are, 4 keep less than half.
 */
const minimumKeptShare = 0.5
/** They are also used only while at most this share of the picture becomes all black or all white. */
const maximumClippedShare = 0.5
/**
 * Least share of the picture that is neither border nor one of its two end values. Real chests have far more; a picture
 * with less was made all black and white before it was stored.
 */
const minimumPictureShare = { doubtful: 0.25, shown: 0.1 }
/** With less kept, or more clipped, they are used with a warning: probabilities have been seen to move. */
const faithful = { keptShare: 2 / 3, clippedShare: 0.1 }

export interface ChosenGreyLevels {
  readonly greyLevels: GreyLevels
  /** The grey level of every stored value from the lowest on. */
  readonly table: Uint8Array
  readonly warnings: readonly WarningCode[]
}

/**
 * What the file asks for, window first and VOI LUT second, unless it loses more than half of what there is to see;
 * then levels taken from the values themselves, borders left out.
 * @throws {StudyRejectedError} blank, when these show nothing either
 * @see docs/decisions/0014-what-is-left-to-see.md
 */
export function chooseGreyLevels(radiograph: Radiograph): ChosenGreyLevels {
  const stored = histogramOf(radiograph)
  const { histogram, hasBorder } = setBorderAside(stored)
  const pictureShare = histogram.total / stored.total
  if (pictureShare < minimumPictureShare.shown) throw blank('nearly all of the picture is border, black or white')
  const estimated = estimatedRendering(radiograph, histogram)
  const judge = ({ table }: Rendering): 'faithful' | 'lossy' | 'lost' => {
    const keptShare = visibleStepsOf(histogram, table) / visibleStepsOf(histogram, estimated.table)
    const clippedShare = clippedShareOf(histogram, table, estimated.table)
    if (keptShare < minimumKeptShare || clippedShare > maximumClippedShare) return 'lost'
    if (!isSteady(histogram, table)) return 'lost'
    return keptShare < faithful.keptShare || clippedShare > faithful.clippedShare ? 'lossy' : 'faithful'
  }

  const isDoubtful = pictureShare < minimumPictureShare.doubtful
  const warnings: WarningCode[] = isDoubtful ? ['presentation-lossy'] : []
  let isTurned = false
  for (const greyLevels of askedLevels(radiograph)) {
    const asked = { greyLevels, table: buildGreyTable(radiograph, greyLevels) }
    const verdict = judge(asked)
    if (verdict === 'lossy' && !isDoubtful) warnings.push('presentation-lossy')
    if (verdict !== 'lost') return { ...asked, warnings }
    warnings.push(greyLevels.origin === 'window' ? 'window-outside-range' : 'voi-lut-outside-range')
    // A VOI LUT may run from white to black; levels that stand in for it go the same way.
    isTurned ||= greyLevels.origin === 'voi-lut' && isOpposed(histogram, asked.table, estimated.table)
  }
  const turned = ({ greyLevels, table }: Rendering): Rendering =>
    isTurned ? { greyLevels, table: table.map((grey) => 255 - grey) } : { greyLevels, table }
  const fullRange = fullRangeLevels(radiograph)
  const whole = fullRange && { greyLevels: fullRange, table: buildGreyTable(radiograph, fullRange) }
  if (whole && judge(whole) !== 'lost') return { ...turned(whole), warnings }
  if (hasBorder) warnings.push('border-undeclared')
  return { ...turned(estimated), warnings: [...warnings, 'grey-levels-estimated'] }
}

interface Rendering {
  readonly greyLevels: GreyLevels
  readonly table: Uint8Array
}

function askedLevels({ presentation: { window, voiLut } }: Radiograph): GreyLevels[] {
  const asked: GreyLevels[] = []
  if (window) asked.push({ origin: 'window', window })
  if (voiLut) asked.push({ origin: 'voi-lut', window: null })
  return asked
}

/** Eight-bit values, and PNG and JPEG files, are meant to be shown as they are. */
function fullRangeLevels(radiograph: Radiograph): GreyLevels | null {
  const { facts, presentation } = radiograph
  const isDisplayReady = facts.bitsStored === 8 || facts.format !== 'dicom'
  const { modality } = presentation
  const isUnscaled = modality.kind === 'identity' || (modality.kind === 'rescale' && modality.slope === 1)
  if (!isDisplayReady || !isUnscaled) return null
  const width = 2 ** facts.bitsStored
  const center = applyModality(lowestStoredValue(radiograph) + width / 2, modality)
  return { origin: 'full-range', window: { center, width, function: 'LINEAR' } }
}

/** The values' own levels: black and white at their tails. */
function estimatedRendering(radiograph: Radiograph, histogram: ValueHistogram): Rendering {
  const spread = spreadOf(histogram)
  if (spread < minimumStoredSpread) throw blank(`99 % of the pixels lie within ${spread} stored values`)
  const { presentation } = radiograph
  const stored = { ...radiograph, presentation: { ...presentation, modality: { kind: 'identity' } as const } }
  const storedSteps = visibleStepsOf(histogram, renderEstimated(stored, histogram).table)
  if (storedSteps < minimumVisibleSteps) throw blank('the stored values tell nothing apart')
  const estimated = renderEstimated(radiograph, histogram)
  const isKept = visibleStepsOf(histogram, estimated.table) >= minimumKeptShare * storedSteps
  if (!isKept || !isSteady(histogram, estimated.table)) {
    // Without its modality LUT, nobody knows which end of the values is white.
    throw blank('the modality transform tells hardly any stored values apart')
  }
  return estimated
}

function renderEstimated(radiograph: Radiograph, histogram: ValueHistogram): Rendering {
  const window = estimateWindow(histogram, radiograph.presentation.modality)
  const greyLevels: GreyLevels = { origin: 'percentile', window }
  return { greyLevels, table: buildGreyTable(radiograph, greyLevels) }
}

const blank = (detail: string): StudyRejectedError => new StudyRejectedError('blank', detail)
