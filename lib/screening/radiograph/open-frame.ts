import { StudyRejectedError } from '../kernel/errors.ts'
import type { CodestreamKind, PixelCodecs } from '../kernel/ports.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import { checkCodestream } from './check-codestream.ts'
import { assertCodestreamMatches, readCodestreamHeader, unboxJpeg2000 } from './codestream-header.ts'
import { decodeRle } from './decode-rle.ts'
import { isEncapsulated, readEncapsulatedFrame } from './encapsulated-frame.ts'
import { readNativeWords } from './native-frame.ts'
import type { ParsedDataSet } from './parse-data-set.ts'
import type { PixelAttributes } from './pixel-attributes.ts'
import { clampStoredValues, extractStoredValues, type StoredValues, wordsOf } from './stored-values.ts'

/** Decodes the frame that was opened. @throws {StudyRejectedError} corrupt-pixel-data, inconsistent-pixel-data, time-limit */
export type DecodeFrame = () => Promise<StoredValues>

const lossyKinds: readonly CodestreamKind[] = ['jpeg-8', 'jpeg-12']

/**
 * Finds the frame and holds it against the data set, without decoding it.
 * @throws {StudyRejectedError} missing-pixel-data, truncated, malformed-dicom, inconsistent-pixel-data,
 * corrupt-pixel-data, multi-frame, unsupported-transfer-syntax
 */
export function openFrame(
  parsed: ParsedDataSet,
  pixel: PixelAttributes,
  codecs: PixelCodecs,
  warnings: WarningCode[],
): DecodeFrame {
  if (!isEncapsulated(parsed.pixelData, parsed.bytes) && parsed.syntax.encoding === 'native') {
    const words = readNativeWords(parsed, pixel, warnings)
    return async () => extractStoredValues(words, pixel)
  }
  const frame = readEncapsulatedFrame(parsed, warnings)
  const codestream = unboxJpeg2000(frame)
  const declared = parsed.syntax.encoding
  const found = startsCodestream(codestream) ? 'codestream' : startsRle(frame) ? 'rle' : declared
  if (found === 'native') {
    throw new StudyRejectedError('malformed-dicom', 'the transfer syntax is native, the pixel data lies in fragments')
  }
  if (found === 'codestream') return openCodestream(codestream, parsed, pixel, codecs, warnings)
  if (declared !== 'rle') warnings.push('codestream-not-as-declared')
  return async () => extractStoredValues(decodeRle(frame, pixel), pixel)
}

/** The first bytes of a JPEG or JPEG-LS image, and of a JPEG 2000 codestream. */
function startsCodestream(frame: Uint8Array): boolean {
  return frame.length > 2 && ((frame[0] === 0xff && frame[1] === 0xd8) || (frame[0] === 0xff && frame[1] === 0x4f))
}

/** One to fifteen segments, the first behind the header of 64 bytes. @see DICOM PS3.5 G.5 */
function startsRle(frame: Uint8Array): boolean {
  if (frame.length < 64) return false
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const segments = view.getUint32(0, true)
  return segments >= 1 && segments <= 15 && view.getUint32(4, true) === 64
}

function openCodestream(
  codestream: Uint8Array,
  { syntax }: ParsedDataSet,
  pixel: PixelAttributes,
  codecs: PixelCodecs,
  warnings: WarningCode[],
): DecodeFrame {
  const header = readCodestreamHeader(codestream)
  assertCodestreamMatches(header, pixel)
  const { kind, precision, reversible } = header
  if (!syntax.kinds.includes(kind)) warnings.push('codestream-not-as-declared')
  const isLossy = syntax.lossy || lossyKinds.includes(kind) || !reversible
  // Codecs return samples in the low bits, unless whole words were encoded with their values further up.
  const isWholeWord = precision > pixel.highBit
  const layout = isWholeWord ? pixel : { ...pixel, highBit: pixel.bitsStored - 1 }
  const { rows, columns, bitsAllocated, bitsStored, signed } = pixel
  return async () => {
    const { isDamaged } = checkCodestream(header, codestream)
    const frame = { kind, codestream, rows, columns, bitsAllocated, bitsStored, signed }
    const decoded = await codecs.decodeFrame(frame)
    if (isDamaged || decoded.isDamaged) warnings.push('pixel-data-damaged')
    const { values } = decoded
    return isLossy ? clampStoredValues(values, precision, layout) : extractStoredValues(wordsOf(values), layout)
  }
}
