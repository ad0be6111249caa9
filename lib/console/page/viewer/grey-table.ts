import { applyWindow } from '../../../screening/prepared-image/apply-window.ts'
import type { FrameFacts, FramePresentation, FrameWindow } from '../../contract/frame.ts'

/** How the reader wants the values shown. */
export type GreyLevels =
  | { readonly kind: 'table'; readonly presentation: FramePresentation; readonly isInverted: boolean }
  | { readonly kind: 'window'; readonly window: FrameWindow; readonly isInverted: boolean }

/** A presentation of the file, as the file wants it; `isInverted` is the reader's own wish on top. */
export const levelsOf = (presentation: FramePresentation): GreyLevels =>
  presentation.greyTable === null
    ? { kind: 'window', window: presentation.window, isInverted: false }
    : { kind: 'table', presentation, isInverted: false }

/** The window that is shown, or the one nearest to a table. */
export const windowOf = (levels: GreyLevels): FrameWindow =>
  levels.kind === 'window' ? levels.window : levels.presentation.window

/**
 * The 8-bit grey of every sample, by the arithmetic that prepares images for the networks.
 * Shape: sampleLimit.
 */
export function buildSampleGrey(facts: FrameFacts, levels: GreyLevels): Uint8Array {
  const grey =
    levels.kind === 'table' ? decodeTable(levels.presentation.greyTable ?? '') : windowTable(facts, levels.window)
  return levels.isInverted ? grey.map((level) => 255 - level) : grey
}

function windowTable({ sampleLimit, slope, intercept, isInverted }: FrameFacts, window: FrameWindow): Uint8Array {
  const grey = new Uint8Array(sampleLimit)
  for (let sample = 0; sample < sampleLimit; sample++) {
    const shown = applyWindow(sample * slope + intercept, window)
    grey[sample] = 255 * (isInverted ? 1 - shown : shown) + 0.5
  }
  return grey
}

const decodeTable = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))

/** A drag to the right widens, one downwards darkens, by a share of the width so that every range feels alike. */
export function dragWindow({ center, width, function: voiFunction }: FrameWindow, dx: number, dy: number): FrameWindow {
  const least = Math.min(1, width)
  return {
    center: center + (dy * width) / 400,
    width: Math.max(least, width * Math.exp(dx / 200)),
    function: voiFunction,
  }
}
