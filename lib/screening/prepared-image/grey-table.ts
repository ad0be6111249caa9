import type { Radiograph } from '../radiograph/radiograph.ts'
import { applyModality, applyVoiLut, applyWindow } from './apply-window.ts'
import type { GreyLevels } from './prepared-image.ts'
import { lowestStoredValue } from './value-histogram.ts'

/** The whole greyscale pipeline as one look-up table: the grey level of every stored value, from the lowest on. */
export function buildGreyTable(radiograph: Radiograph, { window }: GreyLevels): Uint8Array {
  const { facts, presentation } = radiograph
  const { modality, voiLut, inverted } = presentation
  const lowest = lowestStoredValue(radiograph)
  const table = new Uint8Array(2 ** facts.bitsStored)
  for (let index = 0; index < table.length; index++) {
    const value = applyModality(lowest + index, modality)
    const shown = window ? applyWindow(value, window) : voiLut ? applyVoiLut(value, voiLut) : 0
    // A Uint8Array truncates what is assigned; with one half added, that rounds half up.
    table[index] = 255 * (inverted ? 1 - shown : shown) + 0.5
  }
  return table
}
