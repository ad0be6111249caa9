import { expect, it } from 'vitest'
import { lookUpByWord } from '../../lib/screening/prepared-image/grey-look-up.ts'
import { reduceLookedUp } from '../../lib/screening/prepared-image/reduce-looked-up.ts'
import { resample } from '../../lib/screening/prepared-image/resample.ts'

const table = Uint8Array.from({ length: 4096 }, (_, index) => (index * 97) % 256)

/** Stored values of 12 bits without a pattern, from `lowest` on. */
function valuesOf<T extends Uint16Array | Int16Array>(values: T, lowest: number): T {
  let state = 1
  for (let pixel = 0; pixel < values.length; pixel++) {
    state = (state * 48271) % 2147483647
    values[pixel] = lowest + (state % 4096)
  }
  return values
}

it.each([
  { from: { rows: 300, columns: 300 }, to: { rows: 102, columns: 102 } },
  { from: { rows: 301, columns: 97 }, to: { rows: 64, columns: 21 } },
  { from: { rows: 640, columns: 90 }, to: { rows: 64, columns: 9 } },
  { from: { rows: 129, columns: 128 }, to: { rows: 128, columns: 127 } },
  { from: { rows: 256, columns: 1 }, to: { rows: 128, columns: 1 } },
])('gives the numbers of a look-up and a resampling, to the last bit ($from.rows × $from.columns)', ({ from, to }) => {
  for (const lowest of [0, -2048]) {
    const pixels = from.rows * from.columns
    const values = valuesOf(lowest < 0 ? new Int16Array(pixels) : new Uint16Array(pixels), lowest)
    const looked = Uint8Array.from(values, (value) => table[value - lowest])
    const reduced = new Float32Array(to.rows * to.columns)
    reduceLookedUp(lookUpByWord(values, table, lowest), from, to, (line, row) => reduced.set(line, row * to.columns))
    expect(reduced).toEqual(resample(looked, from, to))
  }
})
