import { StudyRejectedError } from '../kernel/errors.ts'
import type { CodestreamKind, PixelCodecs } from '../kernel/ports.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import { checkCodestream } from './check-codestream.ts'
import { assertCodestreamMatches, readCodestreamHeader, unboxJpeg2000 } from './codestream-header.ts'
import { decodeRle } from './decode-rle.ts'
import { isEncapsulated, readEncapsulatedFrame } from './encapsulated-frame.ts'
import { startsCodestream, startsRle } from './frame-start.ts'
import { hasBitsBelow, layoutHeld, layoutHeldLossy, signHeld, signHeldLossy } from './held-bits.ts'
import { readNativeWords } from './native-frame.ts'
import type { ParsedDataSet } from './parse-data-set.ts'
import type { PixelAttributes } from './pixel-attributes.ts'
import { clampStoredValues, extractStoredValues, type Layout, type StoredValues, wordsOf } from './stored-values.ts'
import { bitsUsed } from './words-by-four.ts'

/** Decodes the frame that was opened. @throws {StudyRejectedError} corrupt-pixel-data, inconsistent-pixel-data, time-limit */
export type DecodeFrame = () => Promise<HeldValues>

export interface HeldValues {
  readonly values: StoredValues
  /** The bits that the values really have; if these are not the declared ones, there is a warning. */
  readonly bitsStored: number
}

const lossyKinds: readonly CodestreamKind[] = ['jpeg-8', 'jpeg-12']

/**
 * Finds the frame and compares it with the data set, without decoding it.
 * @throws {StudyRejectedError} missing-pixel-data, truncated, malformed-dicom, inconsistent-pixel-data,
 * corrupt-pixel-data, multi-frame, unsupported-transfer-syntax
 */
export function openFrame(
  parsed: ParsedDataSet,
  pixel: PixelAttributes,
  codecs: PixelCodecs,
  warnings: WarningCode[],
): DecodeFrame {
  if (parsed.syntax.encoding === 'native' && !isEncapsulated(parsed.pixelData, parsed.bytes)) {
    const words = readNativeWords(parsed, pixel, warnings)
    return async () => extractHeld(words, pixel, pixel, warnings)
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
  return async () => {
    const { words, isDamaged } = decodeRle(frame, pixel)
    if (isDamaged) warnings.push('pixel-data-damaged')
    return extractHeld(words, pixel, pixel, warnings)
  }
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
  const { rows, columns, bitsStored, signed } = pixel
  // A codestream of fewer bits than BitsStored holds no more than its own. Not for signed values: their sign bit is
  // where BitsStored says.
  const codedBits = signed ? bitsStored : Math.min(bitsStored, precision)
  const layout = isWholeWord ? pixel : { ...pixel, bitsStored: codedBits, highBit: codedBits - 1 }
  return async () => {
    const { isDamaged } = checkCodestream(header, codestream, isLossy)
    const bits = { bitsAllocated: precision > 8 ? 16 : 8, bitsStored: precision } as const
    const frame = { kind, codestream, rows, columns, ...bits, signed }
    const decoded = await codecs.decodeFrame(frame)
    if (isDamaged || decoded.isDamaged) warnings.push('pixel-data-damaged')
    const { values } = decoded
    if (isLossy) {
      const held = layoutHeldLossy(values, precision, signHeldLossy(values, precision, layout, columns))
      return asHeld(clampStoredValues(values, precision, held), held, pixel, warnings)
    }
    return extractHeld(wordsOf(values), layout, pixel, warnings)
  }
}

function extractHeld(
  words: Uint8Array | Uint16Array,
  layout: Layout,
  pixel: PixelAttributes,
  warnings: WarningCode[],
): HeldValues {
  const used = bitsUsed(words)
  const held = signHeld(words, layoutHeld(words, layout, used), pixel.columns)
  if (hasBitsBelow(words, held)) warnings.push('bits-not-as-declared')
  return asHeld(extractStoredValues(words, held, used), held, pixel, warnings)
}

function asHeld(
  values: StoredValues,
  { bitsStored, signed }: Layout,
  declared: PixelAttributes,
  warnings: WarningCode[],
): HeldValues {
  const isAsDeclared = bitsStored === declared.bitsStored && signed === declared.signed
  if (!isAsDeclared) warnings.push('bits-not-as-declared')
  return { values, bitsStored }
}
