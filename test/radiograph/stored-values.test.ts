import { describe, expect, it } from 'vitest'
import { clampStoredValues, extractStoredValues } from '../../lib/screening/radiograph/stored-values.ts'

describe('extractStoredValues', () => {
  const twelve = { bitsAllocated: 16, bitsStored: 12, highBit: 11, signed: false } as const

  it('returns words that hold nothing but their values as they stand', () => {
    const words = Uint16Array.of(0, 4095, 17)
    expect(extractStoredValues(words, twelve)).toBe(words)
  })

  it('masks what lies above the values, and leaves the words alone', () => {
    const words = Uint16Array.of(0, 4095, 0x1011)
    expect(extractStoredValues(words, twelve)).toEqual(Uint16Array.of(0, 4095, 0x11))
    expect(words[2]).toBe(0x1011)
  })

  it('widens bytes of a frame that is allocated 16 bits', () => {
    const layout = { bitsAllocated: 16, bitsStored: 8, highBit: 7, signed: false } as const
    expect(extractStoredValues(Uint8Array.of(1, 255), layout)).toEqual(Uint16Array.of(1, 255))
  })

  it('extends the sign', () => {
    expect(extractStoredValues(Uint16Array.of(0x0fff, 5), { ...twelve, signed: true })).toEqual(Int16Array.of(-1, 5))
  })
})

describe('clampStoredValues', () => {
  it('clamps what is narrower than its bytes, and returns bytes that fill their range as they stand', () => {
    const bytes = Uint8Array.of(0, 200, 255)
    const eight = { bitsAllocated: 8, bitsStored: 8, highBit: 7, signed: false } as const
    expect(clampStoredValues(bytes, 8, eight)).toBe(bytes)
    expect(clampStoredValues(bytes, 8, { ...eight, bitsStored: 7, highBit: 6 })).toEqual(Uint8Array.of(0, 127, 127))
  })
})
