import type { Attributes } from './attributes.ts'
import type { PixelAttributes } from './pixel-attributes.ts'
import type { GreyscalePresentation, LookUpTable, ModalityTransform, Window } from './radiograph.ts'

/** How the data set wants its stored values shown. Oddities add a warning and give way to the next best. */
export function readPresentation(
  attributes: Attributes,
  pixel: PixelAttributes,
  warnings: string[],
): GreyscalePresentation {
  return {
    modality: readModality(attributes, pixel, warnings),
    window: readWindow(attributes, warnings),
    voiLut: readLut(attributes.firstItem('VOILUTSequence'), pixel.signed),
    inverted: readInversion(attributes, pixel, warnings),
    padding: readPadding(attributes, pixel),
  }
}

/** @see DICOM PS3.3 C.11.1 */
function readModality(attributes: Attributes, pixel: PixelAttributes, warnings: string[]): ModalityTransform {
  const lut = readLut(attributes.firstItem('ModalityLUTSequence'), pixel.signed)
  if (lut) return { kind: 'lut', lut }
  if (!attributes.has('RescaleSlope') && !attributes.has('RescaleIntercept')) return { kind: 'identity' }
  const slope = attributes.number('RescaleSlope') ?? 1
  const intercept = attributes.number('RescaleIntercept') ?? 0
  if (slope === 0) {
    warnings.push('rescale-slope-zero')
    return { kind: 'identity' }
  }
  return { kind: 'rescale', slope, intercept }
}

/** The first window that can be used. @see DICOM PS3.3 C.11.2.1.2 */
function readWindow(attributes: Attributes, warnings: string[]): Window | null {
  const [center] = attributes.numbers('WindowCenter')
  const [width] = attributes.numbers('WindowWidth')
  if (center === undefined || width === undefined) return null
  const named = attributes.text('VOILUTFunction')
  const voiFunction = named === 'LINEAR_EXACT' || named === 'SIGMOID' ? named : 'LINEAR'
  const isUsable = voiFunction === 'LINEAR' ? width >= 1 : width > 0
  if (isUsable) return { center, width, function: voiFunction }
  warnings.push('window-width-invalid')
  return null
}

/** @see DICOM PS3.3 C.11.1.1 */
function readLut(item: Attributes | null, signed: boolean): LookUpTable | null {
  if (!item) return null
  const length = item.uint16('LUTDescriptor', 0)
  const first = signed ? item.int16('LUTDescriptor', 1) : item.uint16('LUTDescriptor', 1)
  const declaredBits = item.uint16('LUTDescriptor', 2)
  if (length === null || first === null || declaredBits === null) return null
  const count = length === 0 ? 65536 : length
  const words = item.uint16Count('LUTData')
  if (words === 0) return null
  const isPacked = words < count && words * 2 >= count
  const entries = new Uint16Array(count)
  for (let entry = 0; entry < count; entry++) {
    // Entries of 8 bits may lie two to a word, the first in the low byte.
    const word = item.uint16('LUTData', Math.min(words - 1, isPacked ? entry >> 1 : entry)) ?? 0
    entries[entry] = isPacked ? (word >> (8 * (entry & 1))) & 0xff : word
  }
  const highest = entries.reduce((a, b) => Math.max(a, b), 0)
  // Some writers declare 16 bits for entries of 8, or the reverse; the entries themselves decide upwards.
  const bitsPerEntry = Math.max(Math.min(16, declaredBits || 16), Math.ceil(Math.log2(highest + 1)))
  return { firstMapped: first, bitsPerEntry, entries }
}

/** Presentation LUT Shape has the last word where both are given. @see DICOM PS3.3 C.11.6.1.2 */
function readInversion(attributes: Attributes, pixel: PixelAttributes, warnings: string[]): boolean {
  const fromPhotometric = pixel.photometricInterpretation === 'MONOCHROME1'
  const shape = attributes.text('PresentationLUTShape')
  if (shape !== 'INVERSE' && shape !== 'IDENTITY') return fromPhotometric
  const fromShape = shape === 'INVERSE'
  if (fromShape !== fromPhotometric) warnings.push('presentation-lut-shape-conflict')
  return fromShape
}

/** @see DICOM PS3.3 C.7.5.1.1.2 */
function readPadding(attributes: Attributes, pixel: PixelAttributes): GreyscalePresentation['padding'] {
  const read = (keyword: 'PixelPaddingValue' | 'PixelPaddingRangeLimit') =>
    pixel.signed ? attributes.int16(keyword) : attributes.uint16(keyword)
  const value = read('PixelPaddingValue')
  if (value === null) return null
  const limit = read('PixelPaddingRangeLimit') ?? value
  return { low: Math.min(value, limit), high: Math.max(value, limit) }
}
