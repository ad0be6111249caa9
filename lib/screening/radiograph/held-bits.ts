import type { Layout, StoredValues } from './stored-values.ts'
import { bitsUsed, forEachChange } from './words-by-four.ts'

/**
 * The layout that the words really have. Bits above HighBit are either overlays or garbage, which must be masked; or
 * part of the values, because BitsStored is declared too small, and masking would wrap these round. Neighbours that
 * differ in those bits tell: if the bits are part of the values, the whole words lie closer together than masked ones.
 * @param used The bits that are set in any of the words.
 */
export function layoutHeld(words: Uint8Array | Uint16Array, layout: Layout, used: number = bitsUsed(words)): Layout {
  const { bitsAllocated, bitsStored, highBit, signed } = layout
  const shift = highBit + 1 - bitsStored
  const wholeBits = 8 * words.BYTES_PER_ELEMENT - shift
  if (used >>> (highBit + 1) === 0) return layout
  const drop = 32 - bitsStored
  const wholeDrop = 32 - wholeBits
  let [carrying, differing] = [0, 0]
  let [whole, masked] = [0, 0]
  for (let pixel = 0; pixel < words.length; pixel++) {
    const [wholeBefore, maskedBefore] = [whole, masked]
    const word = words[pixel] >>> shift
    whole = signed ? (word << wholeDrop) >> wholeDrop : word
    masked = signed ? (word << drop) >> drop : (word << drop) >>> drop
    if (pixel === 0 || whole - masked === wholeBefore - maskedBefore) continue
    differing++
    if (Math.abs(whole - wholeBefore) < Math.abs(masked - maskedBefore)) carrying++
  }
  if (2 * carrying <= differing) return layout
  const held = signed ? wholeBits : 32 - Math.clz32(used >>> shift)
  return { bitsAllocated, signed, bitsStored: held, highBit: shift + held - 1 }
}

/** Whether words hold bits below those of BitsStored: HighBit is then declared too high, and these bits are lost. */
export function hasBitsBelow(words: Uint8Array | Uint16Array, { bitsStored, highBit }: Layout): boolean {
  const below = 2 ** (highBit + 1 - bitsStored) - 1
  if (below === 0) return false
  let used = 0
  for (let pixel = 0; pixel < words.length; pixel++) if ((words[pixel] & below) !== 0) used++
  return used > tellingShare * words.length
}

/** Least share of the pixels, or of the pairs of neighbours, from which anything is concluded. */
const tellingShare = 0.001
/** Neighbours count as close when they differ by less than this share of the range. */
const closeShare = 1 / 16
/** The sign is the other one when more than this share of the pairs are close only with it. */
const joinedShare = 3 / 4

/**
 * The layout, signed or unsigned as the values really are. Read the wrong way, values that pass the middle of the range
 * jump from one of its ends to the other, and neighbours there are close together only when read the other way.
 */
export function signHeld(words: Uint8Array | Uint16Array, layout: Layout, columns: number): Layout {
  const { bitsStored, highBit, signed } = layout
  const shift = highBit + 1 - bitsStored
  const mask = 2 ** bitsStored - 1
  const half = 2 ** (bitsStored - 1)
  // Values at the very ends are left out: borders and saturation jump from one to the other in either reading.
  const [lowEnd, highEnd] = signed ? [half - 1, half] : [0, mask]
  const isEnd = (code: number): boolean => code === lowEnd || code === highEnd
  let [passing, joined] = [0, 0]
  // Nearly all neighbours lie in the same half of the range.
  forEachChange(words, half << shift, (pixel) => {
    const code = (words[pixel] >>> shift) & mask
    const last = (words[pixel - 1] >>> shift) & mask
    if (pixel % columns === 0 || isEnd(code) || isEnd(last)) return
    passing++
    const apart = Math.abs(code - last)
    const otherwise = signed ? apart : mask + 1 - apart
    if (otherwise < closeShare * mask) joined++
  })
  return passing > tellingShare * words.length && joined > joinedShare * passing
    ? { ...layout, signed: !signed }
    : layout
}

/** If more than this share of the pixels lie far outside the declared range, it is the range that is wrong. */
const strayShare = 0.005

/** As `signHeld`, for decoded lossy values, if the codestream is unsigned and has as many bits as BitsStored. */
export function signHeldLossy(values: StoredValues, precision: number, layout: Layout, columns: number): Layout {
  const isUnsigned = values instanceof Uint8Array || values instanceof Uint16Array
  return isUnsigned && precision === layout.bitsStored ? signHeld(values, layout, columns) : layout
}

/** As `layoutHeld`, for decoded lossy values: they overshoot at edges, but not by a quarter of the range. */
export function layoutHeldLossy(values: StoredValues, precision: number, layout: Layout): Layout {
  const { bitsStored, signed } = layout
  if (signed || precision <= bitsStored) return layout
  const farOut = 1.25 * 2 ** bitsStored
  let outside = 0
  for (let pixel = 0; pixel < values.length; pixel++) if (values[pixel] > farOut) outside++
  return outside > strayShare * values.length ? { ...layout, bitsStored: precision, highBit: precision - 1 } : layout
}
