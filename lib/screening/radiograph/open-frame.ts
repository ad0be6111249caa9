import type { CodestreamKind, PixelCodecs } from '../kernel/ports.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import { checkCodestream } from './check-codestream.ts'
import { assertCodestreamMatches, readCodestreamHeader, unboxJpeg2000 } from './codestream-header.ts'
import { decodeRle } from './decode-rle.ts'
import { readEncapsulatedFrame } from './encapsulated-frame.ts'
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
  const { encoding } = parsed.syntax
  if (encoding === 'native') {
    const words = readNativeWords(parsed, pixel, warnings)
    return async () => extractStoredValues(words, pixel)
  }
  const frame = readEncapsulatedFrame(parsed)
  if (encoding === 'rle') return async () => extractStoredValues(decodeRle(frame, pixel), pixel)
  return openCodestream(unboxJpeg2000(frame), parsed, pixel, codecs, warnings)
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
