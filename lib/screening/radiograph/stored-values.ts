import type { DecodedFrame } from '../kernel/ports.ts'
import type { PixelAttributes } from './pixel-attributes.ts'

/** How stored values lie in their words. */
export type Layout = Pick<PixelAttributes, 'bitsAllocated' | 'bitsStored' | 'highBit' | 'signed'>
export type StoredValues = DecodedFrame['values']

/**
 * Takes the stored values out of their words: shifts them down from HighBit, drops overlay and other bits outside
 * BitsStored, extends the sign. Words that are stored values as they stand are returned as they stand.
 * @see DICOM PS3.5 8.1.1
 */
export function extractStoredValues(words: Uint8Array | Uint16Array, layout: Layout): StoredValues {
  const { bitsStored, highBit, bitsAllocated, signed } = layout
  const shift = highBit + 1 - bitsStored
  if (shift === 0 && bitsStored === 8 * words.BYTES_PER_ELEMENT && bitsStored === bitsAllocated) {
    return signed ? reinterpretSigned(words) : words
  }
  const mask = 2 ** bitsStored - 1
  const isOneWordEach = 8 * words.BYTES_PER_ELEMENT === bitsAllocated
  if (shift === 0 && !signed && isOneWordEach && (bitsUsed(words) & ~mask) === 0) return words
  const out = allocate(words.length, bitsAllocated, signed)
  const drop = 32 - bitsStored
  if (signed) for (let pixel = 0; pixel < words.length; pixel++) out[pixel] = ((words[pixel] >>> shift) << drop) >> drop
  else for (let pixel = 0; pixel < words.length; pixel++) out[pixel] = (words[pixel] >>> shift) & mask
  return out
}

/** The bits that are set in any of the words. */
export function bitsUsed(words: Uint8Array | Uint16Array): number {
  // Four bytes at a time from where memory is aligned, and each word before and after these.
  const perFour = 4 / words.BYTES_PER_ELEMENT
  const before = Math.min(words.length, (-words.byteOffset & 3) / words.BYTES_PER_ELEMENT)
  const fours = Math.floor((words.length - before) / perFour)
  const aligned = new Uint32Array(
    words.buffer,
    fours === 0 ? 0 : words.byteOffset + before * words.BYTES_PER_ELEMENT,
    fours,
  )
  let used = 0
  for (let index = 0; index < aligned.length; index++) used |= aligned[index]
  used |= used >>> 16
  if (perFour === 4) used |= used >>> 8
  used &= 2 ** (8 * words.BYTES_PER_ELEMENT) - 1
  for (let pixel = 0; pixel < before; pixel++) used |= words[pixel]
  for (let pixel = before + fours * perFour; pixel < words.length; pixel++) used |= words[pixel]
  return used
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

function reinterpretSigned(words: Uint8Array | Uint16Array): Int8Array | Int16Array {
  return words instanceof Uint8Array
    ? new Int8Array(words.buffer, words.byteOffset, words.length)
    : new Int16Array(words.buffer, words.byteOffset, words.length)
}

function allocate(length: number, bitsAllocated: 8 | 16, signed: boolean): StoredValues {
  if (bitsAllocated === 8) return signed ? new Int8Array(length) : new Uint8Array(length)
  return signed ? new Int16Array(length) : new Uint16Array(length)
}
