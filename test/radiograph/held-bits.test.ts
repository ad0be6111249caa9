import { describe, expect, it } from 'vitest'
import { layoutHeld, layoutHeldLossy } from '../../lib/screening/radiograph/held-bits.ts'

const layout = (bitsStored: number, signed = false, highBit = bitsStored - 1) => ({
  bitsAllocated: 16 as const,
  bitsStored,
  highBit,
  signed,
})
/** Rises and falls over all of 12 bits, by 16 from pixel to pixel. */
const smooth = Uint16Array.from({ length: 4096 }, (_, pixel) => {
  const phase = (16 * pixel) % 8192
  return phase < 4096 ? phase : 8191 - phase
})

describe('bits above BitsStored', () => {
  it.each([
    ['10 of 12 bits', smooth, layout(10), layout(12)],
    ['10 of 12 bits, shifted up by 2', smooth.map((word) => word << 2), layout(10, false, 11), layout(12, false, 13)],
    ['10 of 12 bits, signed', smooth.map((word) => word - 2048), layout(10, true), layout(16, true)],
  ])('belong to values that carry into them: %s', (_, words, declared, held) => {
    expect(layoutHeld(words, declared)).toEqual(held)
  })

  it.each([
    ['none of them used', smooth, layout(12)],
    ['overlays', smooth.map((word, pixel) => word | (pixel % 97 < 40 ? 0x1000 : 0)), layout(12)],
    ['dirt', smooth.map((word, pixel) => word | (((pixel * 7919) & 15) << 12)), layout(12)],
    ['a border of 65535', smooth.map((word, pixel) => (pixel < 2000 ? 0xffff : word)), layout(12)],
    ['extended signs', smooth.map((word) => word - 2048), layout(12, true)],
    ['signs that are not extended', smooth.map((word) => (word - 2048) & 0xfff), layout(12, true)],
  ])('do not: %s', (_, words, declared) => {
    expect(layoutHeld(words, declared)).toEqual(declared)
  })
})

describe('decoded lossy values beyond BitsStored', () => {
  it.each([
    ['a quarter of the range and more: the codestream has more bits', smooth, 12, layout(10), layout(12)],
    ['less: overshoot at edges', smooth.map((value) => (value > 2500 ? 4200 : value)), 16, layout(12), layout(12)],
    ['none can be', smooth, 12, layout(12), layout(12)],
    ['signed ones are left as declared', smooth, 12, layout(10, true), layout(10, true)],
  ])('%s', (_, values, precision, declared, held) => {
    expect(layoutHeldLossy(values, precision, declared)).toEqual(held)
  })
})
