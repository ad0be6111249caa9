import type { WarningCode } from '../kernel/warnings.ts'
import type { Attributes } from './attributes.ts'
import type { PixelAttributes } from './pixel-attributes.ts'
import type { GreyscalePresentation, LookUpTable, ModalityTransform, Window } from './radiograph.ts'

/** How the data set wants its stored values shown. What is odd adds a warning and gives way to the next best. */
export function readPresentation(
  attributes: Attributes,
  pixel: PixelAttributes,
  warnings: WarningCode[],
): GreyscalePresentation {
  return {
    modality: readModality(attributes, pixel, warnings),
    window: readWindow(attributes, warnings),
    voiLut: readLut(attributes, 'VOILUTSequence', pixel, warnings),
    inverted: readInversion(attributes, pixel, warnings),
    padding: readPadding(attributes, pixel),
  }
}

/** @see DICOM PS3.3 C.11.1 */
function readModality(attributes: Attributes, pixel: PixelAttributes, warnings: WarningCode[]): ModalityTransform {
  const lut = readLut(attributes, 'ModalityLUTSequence', pixel, warnings)
  if (lut) return { kind: 'lut', lut }
  if (!attributes.hasValue('RescaleSlope') && !attributes.hasValue('RescaleIntercept')) return { kind: 'identity' }
  const slope = attributes.hasValue('RescaleSlope') ? attributes.number('RescaleSlope') : 1
  const intercept = attributes.hasValue('RescaleIntercept') ? attributes.number('RescaleIntercept') : 0
  const isUsable = slope !== null && intercept !== null && slope !== 0 && Number.isFinite(slope * 65536 + intercept)
  if (isUsable) return { kind: 'rescale', slope, intercept }
  warnings.push('rescale-unusable')
  return { kind: 'identity' }
}

/** The first window that can be used, of as many as have both center and width. @see DICOM PS3.3 C.11.2.1.2 */
function readWindow(attributes: Attributes, warnings: WarningCode[]): Window | null {
  const centers = attributes.numbers('WindowCenter')
  const widths = attributes.numbers('WindowWidth')
  const named = attributes.text('VOILUTFunction')?.toUpperCase()
  const voiFunction = named === 'LINEAR_EXACT' || named === 'SIGMOID' ? named : 'LINEAR'
  if (named && named !== voiFunction) warnings.push('voi-function-unknown')
  for (const [index, center] of centers.entries()) {
    const width = widths[index] ?? null
    if (center === null || width === null || !(voiFunction === 'LINEAR' ? width >= 1 : width > 0)) continue
    if (index > 0) warnings.push('window-unusable')
    return { center, width, function: voiFunction }
  }
  if (attributes.hasValue('WindowCenter') || attributes.hasValue('WindowWidth')) warnings.push('window-unusable')
  return null
}

/** @see DICOM PS3.3 C.11.1.1, C.11.2.1.1 */
function readLut(
  attributes: Attributes,
  sequence: 'ModalityLUTSequence' | 'VOILUTSequence',
  pixel: PixelAttributes,
  warnings: WarningCode[],
): LookUpTable | null {
  const item = attributes.firstItem(sequence)
  if (!item) return null
  const declaredCount = item.uint16('LUTDescriptor', 0)
  const declaredBits = item.uint16('LUTDescriptor', 2)
  const firstMapped = readFirstMapped(item, attributes, sequence, pixel)
  const words = item.uint16Count('LUTData')
  if (declaredCount === null || declaredBits === null || firstMapped === null || words === 0) {
    warnings.push('lut-unusable')
    return null
  }
  const count = declaredCount === 0 ? 65536 : declaredCount
  const entries = readEntries(item, count, words, declaredBits)
  return { firstMapped, bitsPerEntry: bitsOf(entries, declaredBits, warnings), entries }
}

/** Has the sign of the values that go in: their VR says so, or, in implicit VR, the stored values and their rescaling. */
function readFirstMapped(
  item: Attributes,
  attributes: Attributes,
  sequence: 'ModalityLUTSequence' | 'VOILUTSequence',
  pixel: PixelAttributes,
): number | null {
  const rescaledBelowZero = sequence === 'VOILUTSequence' && (attributes.number('RescaleIntercept') ?? 0) < 0
  const isSigned = item.element('LUTDescriptor')?.vr === 'SS' || pixel.signed || rescaledBelowZero
  return isSigned ? item.int16('LUTDescriptor', 1) : item.uint16('LUTDescriptor', 1)
}

/** A table shorter than declared goes on with its last entry. */
function readEntries(item: Attributes, count: number, words: number, bits: number): Uint16Array {
  // Entries of 8 bits may lie two to a word, the first in the low byte.
  const isPacked = bits <= 8 && words < count && words * 2 >= count
  return Uint16Array.from({ length: count }, (_, entry) => {
    const word = item.uint16('LUTData', Math.min(words - 1, isPacked ? entry >> 1 : entry)) ?? 0
    return isPacked ? (word >> (8 * (entry & 1))) & 0xff : word
  })
}

/** Entries that overflow the declared bits, or leave the upper two of them unused throughout, say it better. */
function bitsOf(entries: Uint16Array, declared: number, warnings: WarningCode[]): number {
  const used = Math.ceil(Math.log2(entries.reduce((a, b) => Math.max(a, b), 1) + 1))
  const isPlausible = declared >= 1 && declared <= 16 && used <= declared && used >= declared - 1
  if (isPlausible) return declared
  warnings.push('lut-bits-mismatch')
  return used
}

/**
 * Photometric Interpretation decides: the two may not contradict each other, and where they do, it is the one that
 * viewers have shown the image by. @see DICOM PS3.3 C.7.6.3.1.2, C.8.11.3.1.2
 */
function readInversion(attributes: Attributes, pixel: PixelAttributes, warnings: WarningCode[]): boolean {
  const inverted = pixel.photometricInterpretation === 'MONOCHROME1'
  const shape = attributes.text('PresentationLUTShape')
  if ((shape === 'INVERSE' && !inverted) || (shape === 'IDENTITY' && inverted)) {
    warnings.push('presentation-lut-shape-conflict')
  }
  return inverted
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
