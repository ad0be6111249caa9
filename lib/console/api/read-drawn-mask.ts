import { StudyRejectedError } from '../../screening/kernel/errors.ts'
import type { PixelCodecs, Raster } from '../../screening/kernel/ports.ts'

/** What a reader has drawn. */
export interface DrawnMask {
  /** 8-bit greyscale, 255 air, 0 elsewhere, written by us: nothing else of what was sent is kept. */
  readonly png: Uint8Array
  readonly areaPixels: number
}

const refusals = {
  'mask-too-large': [413, 'A mask of black and white takes far less. Send it as a PNG.'],
  'mask-not-png': [422, 'It is no PNG. Send it as one.'],
  'mask-wrong-size': [422, 'It has not as many rows and columns as the image. Draw it on the image as it is stored.'],
  'mask-damaged': [422, 'The PNG cannot be decoded. Send it again.'],
  'mask-not-binary': [422, 'It holds more than black and white of 8 bits at most. Send 255 where air is, 0 elsewhere.'],
  'mask-empty': [422, 'Nothing is drawn in it. Draw the region, discard the mask, or say that none is present.'],
  'mask-without-picture': [409, 'This study has no picture that was analysed. Store the review without a mask.'],
} as const

export class MaskRefusedError extends Error {
  override readonly name = 'MaskRefusedError'
  readonly code: keyof typeof refusals
  readonly status: 409 | 413 | 422

  constructor(code: keyof typeof refusals, options?: ErrorOptions) {
    const [status, message] = refusals[code]
    super(message, options)
    this.code = code
    this.status = status
  }
}

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** Of the first chunk, IHDR, in which every PNG states its size. */
const headLength = 33

/**
 * Reads a mask that was sent. Its size is compared before anything is decoded, so that a few bytes cannot ask for a large
 * picture.
 * @param source Rows and columns of the image; null where nobody knows them
 * @throws {MaskRefusedError}
 */
export async function readDrawnMask(
  bytes: Buffer,
  source: { readonly rows: number | null; readonly columns: number | null } | null,
  codecs: PixelCodecs,
): Promise<DrawnMask> {
  if (!source?.rows || !source.columns) throw new MaskRefusedError('mask-without-picture')
  const { rows, columns } = source
  if (bytes.length < headLength || !bytes.subarray(0, 8).equals(pngSignature)) {
    throw new MaskRefusedError('mask-not-png')
  }
  if (bytes.readUInt32BE(16) !== columns || bytes.readUInt32BE(20) !== rows) {
    throw new MaskRefusedError('mask-wrong-size')
  }
  const raster = await decode(bytes, rows * columns, codecs)
  // A PNG may ask to be turned.
  if (raster.rows !== rows || raster.columns !== columns) throw new MaskRefusedError('mask-wrong-size')
  const areaPixels = areaOf(raster)
  if (areaPixels === 0) throw new MaskRefusedError('mask-empty')
  return { png: await codecs.encodeGreyPng({ rows, columns, pixels: Uint8Array.from(raster.values) }), areaPixels }
}

async function decode(bytes: Uint8Array, maximumPixels: number, codecs: PixelCodecs): Promise<Raster> {
  try {
    return await codecs.decodeRaster(bytes, { maximumPixels })
  } catch (cause) {
    if (!(cause instanceof StudyRejectedError)) throw cause
    throw new MaskRefusedError('mask-damaged', { cause })
  }
}

function areaOf({ values, bitsStored }: Raster): number {
  if (bitsStored !== 8) throw new MaskRefusedError('mask-not-binary')
  let area = 0
  for (const value of values) {
    if (value !== 0 && value !== 255) throw new MaskRefusedError('mask-not-binary')
    if (value !== 0) area++
  }
  return area
}
