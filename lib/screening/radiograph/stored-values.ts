import type { DecodedFrame } from '../kernel/ports.ts'
import type { PixelAttributes } from './pixel-attributes.ts'
import { bitsUsed } from './words-by-four.ts'

/** How stored values lie in their words. */
export type Layout = Pick<PixelAttributes, 'bitsAllocated' | 'bitsStored' | 'highBit' | 'signed'>
export type StoredValues = DecodedFrame['values']

/**
 * Takes the stored values out of their words: shifts them down from HighBit, drops overlay and other bits outside
 * BitsStored, extends the sign. Words that are stored values as they stand are returned as they stand.
 * @param used The bits that are set in any of the words.
 * @see DICOM PS3.5 8.1.1
 */
export function extractStoredValues(
  words: Uint8Array | Uint16Array,
  layout: Layout,
  used: number = bitsUsed(words),
): StoredValues {
  const { bitsStored, highBit, bitsAllocated, signed } = layout
  const shift = highBit + 1 - bitsStored
  if (shift === 0 && bitsStored === 8 * words.BYTES_PER_ELEMENT && bitsStored === bitsAllocated) {
    return signed ? reinterpretSigned(words) : words
  }
  const mask = 2 ** bitsStored - 1
  const isOneWordEach = 8 * words.BYTES_PER_ELEMENT === bitsAllocated
  if (shift === 0 && !signed && isOneWordEach && (used & ~mask) === 0) return words
  const out = allocate(words.length, bitsAllocated, signed)
  const drop = 32 - bitsStored
  if (signed) for (let pixel = 0; pixel < words.length; pixel++) out[pixel] = ((words[pixel] >>> shift) << drop) >> drop
  else for (let pixel = 0; pixel < words.length; pixel++) out[pixel] = (words[pixel] >>> shift) & mask
  return out
}

/**
 * Brings decoded lossy values into the stored range: masking would turn the brightest pixels dark.
 * @param precision Bits per sample of the codestream. If unsigned samples stand for signed values, the topmost is the
 * sign.
 */
export function clampStoredValues(values: StoredValues, precision: number, layout: Layout): StoredValues {
  const { bitsStored, bitsAllocated, signed } = layout
  const low = signed ? -(2 ** (bitsStored - 1)) : 0
  const high = signed ? 2 ** (bitsStored - 1) - 1 : 2 ** bitsStored - 1
  const isUnsignedCode = values instanceof Uint8Array || values instanceof Uint16Array
  const drop = signed && isUnsignedCode ? 32 - precision : 0
  // Bytes that fill their range need no clamping.
  if (values instanceof Uint8Array && !signed && bitsStored === 8 && bitsAllocated === 8) return values
  const out = allocate(values.length, bitsAllocated, signed)
  for (let pixel = 0; pixel < values.length; pixel++) {
    const value = (values[pixel] << drop) >> drop
    out[pixel] = value < low ? low : value > high ? high : value
  }
  return out
}

/** The bits of decoded values as words. */
export function wordsOf(values: StoredValues): Uint8Array | Uint16Array {
  if (values instanceof Int8Array) return new Uint8Array(values.buffer, values.byteOffset, values.length)
  if (values instanceof Int16Array) return new Uint16Array(values.buffer, values.byteOffset, values.length)
  return values
}

/**
 * How far the word of a value is shifted to the left and back to extend its sign; 0 for values without one. Loops over
 * `wordsOf` all values are compiled for two kinds of array; one over every kind runs at a fraction of their speed.
 */
export const signDrop = (values: StoredValues): number =>
  values instanceof Int8Array || values instanceof Int16Array ? 32 - 8 * values.BYTES_PER_ELEMENT : 0

function reinterpretSigned(words: Uint8Array | Uint16Array): Int8Array | Int16Array {
  return words instanceof Uint8Array
    ? new Int8Array(words.buffer, words.byteOffset, words.length)
    : new Int16Array(words.buffer, words.byteOffset, words.length)
}

function allocate(length: number, bitsAllocated: 8 | 16, signed: boolean): StoredValues {
  if (bitsAllocated === 8) return signed ? new Int8Array(length) : new Uint8Array(length)
  return signed ? new Int16Array(length) : new Uint16Array(length)
}
