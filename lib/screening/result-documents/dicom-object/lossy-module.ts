import type { DataSet } from './data-set.ts'
import { type DerivedContext, legal } from './derived-object.ts'

/** An object that is derived from a lossy image declares the loss too. @see DICOM PS3.3 C.7.6.1.1.5 */
export function lossyModule({ identity, lossySource, lossyMethod }: DerivedContext): DataSet {
  if (!lossySource) return { LossyImageCompression: '00' }
  return {
    LossyImageCompression: '01',
    LossyImageCompressionRatio: legal(identity.LossyImageCompressionRatio, /^[\d.]{1,16}(\\[\d.]{1,16})*$/) ?? '1',
    // A method has to be told: of a source that only says that it was lossy, JPEG is the likeliest.
    LossyImageCompressionMethod:
      legal(identity.LossyImageCompressionMethod, /^[A-Z0-9_ \\]+$/) ?? lossyMethod ?? 'ISO_10918_1',
  }
}
