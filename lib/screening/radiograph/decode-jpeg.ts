import { StudyRejectedError } from '../kernel/errors.ts'
import type { PixelCodecs, Raster } from '../kernel/ports.ts'
import { checkCodestream } from './check-codestream.ts'
import { type CodestreamHeader, isProgressiveJpeg, readCodestreamHeader } from './codestream-header.ts'
import { assertNotTooLarge, type SuitabilityPolicy } from './suitability.ts'

export type DecodedPicture = Omit<Raster, 'bitsStored'> & { readonly bitsStored: 8 | 12 | 16 }

/**
 * Decodes a JPEG file: of 8 bits by the codec of ordinary pictures, of 12 bits by that of DICOM frames. Lossless,
 * JPEG-LS and rarer processes are refused as unsupported, not as damaged.
 * @throws {StudyRejectedError} unsupported-transfer-syntax, unsupported-photometric, truncated, too-large,
 * corrupt-pixel-data, time-limit
 */
export async function decodeJpeg(
  jpeg: Uint8Array,
  codecs: PixelCodecs,
  policy: SuitabilityPolicy,
): Promise<DecodedPicture> {
  const header = readHeader(jpeg)
  if (header instanceof StudyRejectedError || header.kind === 'jpeg-8') {
    try {
      return await codecs.decodeRaster(jpeg, { maximumPixels: policy.maximumPixels })
    } catch (error) {
      // Where the codec fails too, an unsupported process explains it better than damage.
      const isUnsupported = header instanceof StudyRejectedError && header.code === 'unsupported-transfer-syntax'
      const isRare = isUnsupported && !isProgressiveJpeg(jpeg)
      throw isRare && error instanceof StudyRejectedError && error.code === 'corrupt-pixel-data' ? header : error
    }
  }
  const { kind, precision, components, rows, columns } = header
  if (kind !== 'jpeg-12' || precision !== 12) {
    throw new StudyRejectedError('unsupported-transfer-syntax', `a picture file of kind ${kind}, ${precision} bits`)
  }
  if (components !== 1) throw new StudyRejectedError('unsupported-photometric', `a JPEG of ${components} components`)
  assertNotTooLarge(header, policy)
  if (!endsSomewhere(jpeg)) throw new StudyRejectedError('truncated', 'the JPEG has no end')
  const check = checkCodestream(header, jpeg, true)
  const frame = { kind, codestream: jpeg, rows, columns, bitsAllocated: 16, bitsStored: 12, signed: false } as const
  const { values, isDamaged } = await codecs.decodeFrame(frame)
  return {
    rows,
    columns,
    values: Uint16Array.from(values),
    bitsStored: 12,
    colourful: false,
    isDamaged: isDamaged || check.isDamaged,
  }
}

function endsSomewhere(jpeg: Uint8Array): boolean {
  const bytes = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  return bytes.lastIndexOf(endOfImage) > bytes.indexOf(startOfScan)
}

const startOfScan = Buffer.from([0xff, 0xda])
const endOfImage = Buffer.from([0xff, 0xd9])

function readHeader(jpeg: Uint8Array): CodestreamHeader | StudyRejectedError {
  try {
    return readCodestreamHeader(jpeg)
  } catch (error) {
    if (error instanceof StudyRejectedError) return error
    throw error
  }
}
