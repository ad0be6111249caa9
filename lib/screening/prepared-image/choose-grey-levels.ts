import { StudyRejectedError } from '../kernel/errors.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import type { Radiograph } from '../radiograph/radiograph.ts'
import { applyModality } from './apply-window.ts'
import { estimateWindow } from './estimate-window.ts'
import { buildGreyTable } from './grey-table.ts'
import { leaveBorderOut } from './leave-border-out.ts'
import type { GreyLevels } from './prepared-image.ts'
import { histogramOf, lowestStoredValue, spreadOf, type ValueHistogram } from './value-histogram.ts'
import { clippedShareOf, isNearlyMonotonic, isOpposed, visibleStepsOf } from './visible-steps.ts'

/** Least range of the picture's values, tails left out. Unit: stored values. */
const minimumStoredSpread = 8
/** Least number of grey steps, of 32, in which a picture can be seen. */
const minimumVisibleSteps = 4
/**
 * The file's grey levels are used only if they keep at least this share of the grey steps that an estimated window
 * shows. Of 3,032 real chests that are shown as they are, 4 keep less than half.
 */
const minimumKeptShare = 0.5
/**
 * And only if at most this share of the picture becomes all black or all white, though an estimated window shows it.
 */
const maximumClippedShare = 0.5
/**
 * Least share of the pixels that are neither border nor at the lowest or the highest value: below `shown` the image is
 * refused as blank, below `doubtful` there is a warning. Real chests have far more; a picture with less was made all
 * black and white before it was stored.
 */
const minimumPictureShare = { doubtful: 0.25, shown: 0.1 }
/**
 * If the file's grey levels keep less than this, or clip more, there is a warning: probabilities have been seen to
 * change.
 */
const faithful = { keptShare: 2 / 3, clippedShare: 0.1 }

export interface ChosenGreyLevels {
  readonly greyLevels: GreyLevels
  /** The grey level of every stored value, from the lowest on. */
  readonly table: Uint8Array
  readonly warnings: readonly WarningCode[]
}

/**
 * Chooses how stored values become grey: the first of these that does not lose more than half of what there is to see.
 * The file's window; its VOI LUT; for values that are meant to be shown as they are, their full range; a window
 * estimated from the values, borders left out.
 * @throws {StudyRejectedError} blank, when the estimated window shows nothing either
 * @see docs/decisions/0014-what-is-left-to-see.md
 */
export function chooseGreyLevels(radiograph: Radiograph): ChosenGreyLevels {
  const stored = histogramOf(radiograph)
  const { histogram, hasBorder } = leaveBorderOut(stored)
  const pictureShare = histogram.total / stored.total
  if (pictureShare < minimumPictureShare.shown) throw blank('nearly all of the picture is border, black or white')
  const estimated = estimatedRendering(radiograph, histogram)
  const judge = ({ table }: Rendering): 'faithful' | 'lossy' | 'lost' => {
    const keptShare = visibleStepsOf(histogram, table) / visibleStepsOf(histogram, estimated.table)
    const clippedShare = clippedShareOf(histogram, table, estimated.table)
    if (keptShare < minimumKeptShare || clippedShare > maximumClippedShare) return 'lost'
    if (!isNearlyMonotonic(histogram, table)) return 'lost'
    return keptShare < faithful.keptShare || clippedShare > faithful.clippedShare ? 'lossy' : 'faithful'
  }

  const isDoubtful = pictureShare < minimumPictureShare.doubtful
  const warnings: WarningCode[] = isDoubtful ? ['presentation-lossy'] : []
  let isInverted = false
  for (const greyLevels of declaredLevels(radiograph)) {
    const declared = { greyLevels, table: buildGreyTable(radiograph, greyLevels) }
    const verdict = judge(declared)
    if (verdict === 'lossy' && !isDoubtful) warnings.push('presentation-lossy')
    if (verdict !== 'lost') return { ...declared, warnings }
    warnings.push(greyLevels.origin === 'window' ? 'window-outside-range' : 'voi-lut-outside-range')
    // A VOI LUT may itself invert the image; the levels that replace it then invert it too.
    isInverted ||= greyLevels.origin === 'voi-lut' && isOpposed(histogram, declared.table, estimated.table)
  }
  const invertIfNeeded = ({ greyLevels, table }: Rendering): Rendering =>
    isInverted ? { greyLevels, table: table.map((grey) => 255 - grey) } : { greyLevels, table }
  const fullRange = fullRangeLevels(radiograph)
  const whole = fullRange && { greyLevels: fullRange, table: buildGreyTable(radiograph, fullRange) }
  if (whole && judge(whole) !== 'lost') return { ...invertIfNeeded(whole), warnings }
  if (hasBorder) warnings.push('border-undeclared')
  return { ...invertIfNeeded(estimated), warnings: [...warnings, 'grey-levels-estimated'] }
}

interface Rendering {
  readonly greyLevels: GreyLevels
  readonly table: Uint8Array
}

function declaredLevels({ presentation: { window, voiLut } }: Radiograph): GreyLevels[] {
  const declared: GreyLevels[] = []
  if (window) declared.push({ origin: 'window', window })
  if (voiLut) declared.push({ origin: 'voi-lut', window: null })
  return declared
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

/** By a window estimated from the values: black and white at their tails. */
function estimatedRendering(radiograph: Radiograph, histogram: ValueHistogram): Rendering {
  const spread = spreadOf(histogram)
  if (spread < minimumStoredSpread) throw blank(`99 % of the pixels lie within ${spread} stored values`)
  const { presentation } = radiograph
  const stored = { ...radiograph, presentation: { ...presentation, modality: { kind: 'identity' } as const } }
  const storedSteps = visibleStepsOf(histogram, renderEstimated(stored, histogram).table)
  if (storedSteps < minimumVisibleSteps) throw blank('the stored values tell nothing apart')
  const estimated = renderEstimated(radiograph, histogram)
  const isKept = visibleStepsOf(histogram, estimated.table) >= minimumKeptShare * storedSteps
  if (!isKept || !isNearlyMonotonic(histogram, estimated.table)) {
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
