import { StudyRejectedError } from '../kernel/errors.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import type { Attributes } from './attributes.ts'

/** How stored values lie in their words. @see DICOM PS3.3 C.7.6.3, PS3.5 8.1.1 */
export interface PixelAttributes extends ImageSize {
  readonly photometricInterpretation: 'MONOCHROME1' | 'MONOCHROME2'
  readonly bitsAllocated: 8 | 16
  readonly bitsStored: number
  readonly highBit: number
  readonly signed: boolean
}

/**
 * Reads and checks the Image Pixel attributes.
 * @throws {StudyRejectedError} missing-pixel-data, multi-frame, unsupported-photometric, unsupported-bits, inconsistent-pixel-data
 */
export function readPixelAttributes(attributes: Attributes): PixelAttributes {
  const rows = required(attributes, 'Rows')
  const columns = required(attributes, 'Columns')
  if (rows === 0 || columns === 0) throw inconsistent(`${rows} rows × ${columns} columns`)
  assertOneFrame(attributes)
  const samples = attributes.uint16('SamplesPerPixel') ?? 1
  // Lower case and blanks are accepted, as by other readers.
  const photometric = attributes.text('PhotometricInterpretation')?.toUpperCase().replaceAll(' ', '') ?? null
  if (samples === 3 || samples === 4) throw unsupportedPhotometric(photometric)
  if (samples !== 1) throw inconsistent(`SamplesPerPixel ${samples}`)
  if (photometric !== 'MONOCHROME1' && photometric !== 'MONOCHROME2') throw unsupportedPhotometric(photometric)
  const bitsAllocated = required(attributes, 'BitsAllocated')
  if (bitsAllocated !== 8 && bitsAllocated !== 16) {
    throw new StudyRejectedError('unsupported-bits', `BitsAllocated ${bitsAllocated}`)
  }
  const bitsStored = required(attributes, 'BitsStored')
  if (bitsStored < 1 || bitsStored > bitsAllocated) {
    throw inconsistent(`BitsStored ${bitsStored} of BitsAllocated ${bitsAllocated}`)
  }
  // When it is missing: the only one that BitsStored implies.
  const highBit = attributes.uint16('HighBit') ?? bitsStored - 1
  if (highBit < bitsStored - 1 || highBit >= bitsAllocated) {
    throw inconsistent(`HighBit ${highBit} with BitsStored ${bitsStored} of ${bitsAllocated}`)
  }
  const representation = required(attributes, 'PixelRepresentation')
  if (representation > 1) throw inconsistent(`PixelRepresentation ${representation}`)
  return {
    rows,
    columns,
    photometricInterpretation: photometric,
    bitsAllocated,
    bitsStored,
    highBit,
    signed: representation === 1,
  }
}

/** Absent, empty and 0 mean one frame: single-frame classes have no use for the attribute. */
function assertOneFrame(attributes: Attributes): void {
  if (!attributes.hasValue('NumberOfFrames')) return
  const frames = attributes.number('NumberOfFrames')
  if (frames === null || frames < 0) throw inconsistent('NumberOfFrames is no count')
  if (frames > 1) throw new StudyRejectedError('multi-frame', `NumberOfFrames ${frames}`)
}

type RequiredKeyword = 'Rows' | 'Columns' | 'BitsAllocated' | 'BitsStored' | 'PixelRepresentation'

function required(attributes: Attributes, keyword: RequiredKeyword): number {
  const value = attributes.uint16(keyword)
  if (value === null) throw inconsistent(`${keyword} is missing`)
  return value
}

const inconsistent = (detail: string): StudyRejectedError => new StudyRejectedError('inconsistent-pixel-data', detail)

function unsupportedPhotometric(photometric: string | null): StudyRejectedError {
  const term =
    photometric && /^([A-Z0-9_]{1,16}|PALETTE COLOR)$/.test(photometric) ? photometric : 'missing or undefined'
  return new StudyRejectedError('unsupported-photometric', `PhotometricInterpretation ${term}`)
}
