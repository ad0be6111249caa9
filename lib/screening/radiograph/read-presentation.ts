import type { WarningCode } from '../kernel/warnings.ts'
import type { Attributes } from './attributes.ts'
import type { PixelAttributes } from './pixel-attributes.ts'
import type { GreyscalePresentation, LookUpTable, ModalityTransform, Window } from './radiograph.ts'
import { type InputRange, readLookUpTable } from './read-look-up-table.ts'

/** How the data set wants its stored values shown. What cannot be used is left out, with a warning. */
export function readPresentation(
  attributes: Attributes,
  pixel: PixelAttributes,
  warnings: WarningCode[],
): GreyscalePresentation {
  const modality = readModality(attributes, pixel, warnings)
  return {
    modality,
    window: readWindow(attributes, warnings),
    voiLut: readVoiLut(attributes, outputRange(modality, storedRange(pixel)), warnings),
    inverted: readInversion(attributes, pixel, warnings),
    padding: readPadding(attributes, pixel),
  }
}

/** @see DICOM PS3.3 C.11.1 */
function readModality(attributes: Attributes, pixel: PixelAttributes, warnings: WarningCode[]): ModalityTransform {
  const item = attributes.firstItem('ModalityLUTSequence')
  const lut = item && readLookUpTable(item, storedRange(pixel), warnings)
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

/** The first table that can be used. @see DICOM PS3.3 C.11.2.1.1 */
function readVoiLut(attributes: Attributes, input: InputRange, warnings: WarningCode[]): LookUpTable | null {
  for (const item of attributes.items('VOILUTSequence')) {
    const table = readLookUpTable(item, input, warnings)
    if (table) return table
  }
  return null
}

function storedRange({ bitsStored, signed }: PixelAttributes): InputRange {
  const range = 2 ** bitsStored
  return signed ? { low: -range / 2, high: range / 2 - 1 } : { low: 0, high: range - 1 }
}

function outputRange(modality: ModalityTransform, { low, high }: InputRange): InputRange {
  switch (modality.kind) {
    case 'identity':
      return { low, high }
    case 'rescale': {
      const ends = [low, high].map((stored) => stored * modality.slope + modality.intercept)
      return { low: Math.min(...ends), high: Math.max(...ends) }
    }
    case 'lut':
      return { low: 0, high: 2 ** modality.lut.bitsPerEntry - 1 }
  }
}

/**
 * PhotometricInterpretation decides. PresentationLUTShape may not contradict it; where it does, viewers will have shown
 * the image by PhotometricInterpretation. @see DICOM PS3.3 C.7.6.3.1.2, C.8.11.3.1.2
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
