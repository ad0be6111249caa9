import sharp, { type Sharp } from 'sharp'
import { StudyRejectedError } from '../../screening/kernel/errors.ts'
import type { DecodedCodestream, EncodedFrame, Raster } from '../../screening/kernel/ports.ts'
import { readJpegScans } from '../../screening/radiograph/read-jpeg-scans.ts'
import { isWhole } from './picture-end.ts'

/** Nearly grey pictures have channels this close; more is colour, not compression. Unit: grey levels of 255. */
const greyChannelSpread = 24
/** A marker or a stamp in colour does not make a colour picture. Unit: share of pixels. */
const maximumColourShare = 0.02
const colourThumbnailSide = 256

/** Decodes a greyscale JPEG frame of 8 bits, colour profiles and orientation left alone. */
export async function decodeJpegFrame(frame: EncodedFrame): Promise<DecodedCodestream> {
  const { codestream, rows, columns } = frame
  const image = sharp(codestream, { ignoreIcc: true, limitInputPixels: rows * columns }).toColourspace('b-w')
  const { data, info } = await orCorrupt(image.raw().toBuffer({ resolveWithObject: true }))
  if (info.channels !== 1 || info.height !== rows || info.width !== columns) {
    throw new StudyRejectedError(
      'corrupt-pixel-data',
      `the codec found ${info.height} × ${info.width} × ${info.channels}`,
    )
  }
  return { rows, columns, values: new Uint8Array(data.buffer, data.byteOffset, data.length), isDamaged: false }
}

/**
 * Decodes a PNG or JPEG upright and in grey. Transparency is left out: radiographs have none.
 * @throws {StudyRejectedError} not-an-image, truncated, too-large, corrupt-pixel-data
 */
export async function decodePicture(bytes: Uint8Array, maximumPixels: number): Promise<Raster> {
  const open = (): Sharp => sharp(bytes, { ignoreIcc: true, limitInputPixels: maximumPixels })
  const { format, width, height, channels, depth } = await orCorrupt(
    sharp(bytes, { limitInputPixels: false }).metadata(),
  )
  if (format !== 'png' && format !== 'jpeg') {
    throw new StudyRejectedError('not-an-image', `a picture of format ${format}, expected PNG or JPEG`)
  }
  if (width * height > maximumPixels) {
    throw new StudyRejectedError('too-large', `${height} rows × ${width} columns`)
  }
  if (!isWhole(bytes, format)) throw new StudyRejectedError('truncated', `the ${format.toUpperCase()} has no end`)
  const isDamaged = format === 'jpeg' && readJpegScans(bytes).hasExcess
  const bitsStored = depth === 'ushort' ? 16 : 8
  const hasColours = channels >= 3
  const colourful = hasColours && (await isColourful(open()))
  const upright = open()
    .autoOrient()
    .removeAlpha()
    .toColourspace(hasColours ? (bitsStored === 16 ? 'rgb16' : 'srgb') : bitsStored === 16 ? 'grey16' : 'b-w')
    .raw({ depth: bitsStored === 16 ? 'ushort' : 'uchar' })
  const { data, info } = await orCorrupt(upright.toBuffer({ resolveWithObject: true }))
  const samples = bitsStored === 16 ? wordsOf(data) : new Uint8Array(data.buffer, data.byteOffset, data.length)
  return {
    rows: info.height,
    columns: info.width,
    values: info.channels === 1 ? samples : luminanceOf(samples, info.channels),
    bitsStored,
    colourful,
    isDamaged,
  }
}

function wordsOf(data: Buffer): Uint16Array {
  if (data.byteOffset % 2 === 0) return new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
  return new Uint16Array(Uint8Array.from(data).buffer)
}

/** ITU-R BT.601 luma; equal channels give exactly their value. */
function luminanceOf<T extends Uint8Array | Uint16Array>(samples: T, channels: number): T {
  const pixels = samples.length / channels
  const grey = new (samples.constructor as new (length: number) => T)(pixels)
  for (let pixel = 0, at = 0; pixel < pixels; pixel++, at += channels) {
    grey[pixel] = (77 * samples[at] + 150 * samples[at + 1] + 29 * samples[at + 2] + 128) >> 8
  }
  return grey
}

/** Judged on a thumbnail: averaging keeps the colours of a photograph and evens out those of compression. */
async function isColourful(image: Sharp): Promise<boolean> {
  const thumbnail = image
    .resize(colourThumbnailSide, colourThumbnailSide, { fit: 'inside', withoutEnlargement: true })
    .removeAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
  const data = await orCorrupt(thumbnail.toBuffer())
  let coloured = 0
  for (let at = 0; at + 2 < data.length; at += 3) {
    const highest = Math.max(data[at], data[at + 1], data[at + 2])
    const lowest = Math.min(data[at], data[at + 1], data[at + 2])
    if (highest - lowest > greyChannelSpread) coloured++
  }
  return coloured > (maximumColourShare * data.length) / 3
}

/** Sharp's errors differ in their text only, so whatever can be checked beforehand is checked before sharp is asked. */
async function orCorrupt<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw new StudyRejectedError('corrupt-pixel-data', 'the picture cannot be decoded', { cause })
  }
}
