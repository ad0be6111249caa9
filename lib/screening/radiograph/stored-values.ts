import type { DecodedFrame } from '../kernel/ports.ts'
import type { PixelAttributes } from './pixel-attributes.ts'

type Layout = Pick<PixelAttributes, 'bitsAllocated' | 'bitsStored' | 'highBit' | 'signed'>
export type StoredValues = DecodedFrame['values']

/**
 * Takes the stored values out of their words: shifts them down from HighBit, drops overlay and other bits outside
 * BitsStored, extends the sign. @see DICOM PS3.5 8.1.1
 */
export function extractStoredValues(words: Uint8Array | Uint16Array, layout: Layout): StoredValues {
  const { bitsStored, highBit, bitsAllocated, signed } = layout
  const shift = highBit + 1 - bitsStored
  const out = allocate(words.length, bitsAllocated, signed)
  if (shift === 0 && bitsStored === bitsAllocated) {
    out.set(words)
    return out
  }
  const mask = 2 ** bitsStored - 1
  const drop = 32 - bitsStored
  if (signed) for (let pixel = 0; pixel < words.length; pixel++) out[pixel] = ((words[pixel] >>> shift) << drop) >> drop
  else for (let pixel = 0; pixel < words.length; pixel++) out[pixel] = (words[pixel] >>> shift) & mask
  return out
}

/** Brings decoded lossy values into the stored range: masking would turn the brightest pixels dark. */
export function clampStoredValues(values: StoredValues, layout: Layout): StoredValues {
  const { bitsStored, bitsAllocated, signed } = layout
  const low = signed ? -(2 ** (bitsStored - 1)) : 0
  const high = signed ? 2 ** (bitsStored - 1) - 1 : 2 ** bitsStored - 1
  const out = allocate(values.length, bitsAllocated, signed)
  for (let pixel = 0; pixel < values.length; pixel++) {
    const value = values[pixel]
    out[pixel] = value < low ? low : value > high ? high : value
  }
  return out
}

function allocate(length: number, bitsAllocated: 8 | 16, signed: boolean): StoredValues {
  if (bitsAllocated === 8) return signed ? new Int8Array(length) : new Uint8Array(length)
  return signed ? new Int16Array(length) : new Uint16Array(length)
}
