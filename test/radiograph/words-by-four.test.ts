import { describe, expect, it } from 'vitest'
import { bitsUsed, forEachChange } from '../../lib/screening/radiograph/words-by-four.ts'

describe('bitsUsed', () => {
  it.each([Uint8Array, Uint16Array])('finds a bit in any word of any length and alignment (%o)', (Words) => {
    const top = 2 ** (8 * Words.BYTES_PER_ELEMENT - 1)
    for (let length = 1; length <= 11; length++) {
      for (let skipped = 0; skipped < 4; skipped++) {
        for (let set = 0; set < length; set++) {
          const whole = new Words(skipped + length + 1).fill(0xff)
          const words = whole.subarray(skipped, skipped + length).fill(1)
          words[set] |= top
          expect(bitsUsed(words)).toBe(top | 1)
        }
      }
    }
    expect(bitsUsed(new Words(0))).toBe(0)
  })
})

describe('forEachChange', () => {
  it.each([Uint8Array, Uint16Array])('finds every change of a bit, at any length and alignment (%o)', (Words) => {
    let state = 1
    for (const bit of [1, 8, 2 ** (8 * Words.BYTES_PER_ELEMENT - 1)]) {
      for (let length = 0; length <= 23; length++) {
        for (let skipped = 0; skipped < 4; skipped++) {
          const words = new Words(skipped + length).map(() => {
            state = (state * 48271) % 2147483647
            return state >>> 8
          })
          const changing = words.subarray(skipped)
          const expected = [...changing.keys()].filter(
            (at) => at > 0 && ((changing[at] ^ changing[at - 1]) & bit) !== 0,
          )
          const found: number[] = []
          forEachChange(changing, bit, (at) => found.push(at))
          expect(found).toEqual(expected)
        }
      }
    }
  })
})
