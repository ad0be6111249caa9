import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resample } from '../../lib/screening/prepared-image/resample.ts'

const side = fc.integer({ min: 1, max: 24 })

describe('resampling', () => {
  it('averages whole blocks when it halves', () => {
    const values = Uint8Array.from([0, 10, 20, 30, 40, 50, 60, 70])
    expect([...resample(values, { rows: 2, columns: 4 }, { rows: 1, columns: 2 })]).toEqual([25, 45])
  })

  it('weighs the pixels that it covers in part', () => {
    const values = Uint8Array.from([0, 30, 60])
    const [left, right] = resample(values, { rows: 1, columns: 3 }, { rows: 1, columns: 2 })
    expect(left).toBeCloseTo(10, 4)
    expect(right).toBeCloseTo(50, 4)
  })

  it('interpolates between pixel centres when it grows, repeating the edges', () => {
    const values = Uint8Array.from([0, 100])
    expect([...resample(values, { rows: 1, columns: 2 }, { rows: 1, columns: 4 })]).toEqual([0, 25, 75, 100])
  })

  it('leaves a constant picture constant', () => {
    fc.assert(
      fc.property(side, side, side, side, (rows, columns, toRows, toColumns) => {
        const out = resample(
          new Uint8Array(rows * columns).fill(77),
          { rows, columns },
          { rows: toRows, columns: toColumns },
        )
        for (const value of out) expect(value).toBeCloseTo(77, 3)
      }),
    )
  })

  it('keeps the mean when it shrinks', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 144, maxLength: 144 }), fc.integer({ min: 1, max: 12 }), (values, to) => {
        const out = resample(values, { rows: 12, columns: 12 }, { rows: to, columns: to })
        const mean = (array: ArrayLike<number>) => Array.from(array).reduce((a, b) => a + b, 0) / array.length
        expect(mean(out)).toBeCloseTo(mean(values), 2)
      }),
    )
  })

  it('puts an edge back within half a source pixel after going down and up again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 64, max: 400 }),
        fc.double({ min: 0.2, max: 0.8, noNaN: true }),
        (columns, where) => {
          const grid = 32
          const edge = Math.round(columns * where)
          const step = Float32Array.from({ length: columns }, (_, column) => (column < edge ? 0 : 1))
          const small = resample(step, { rows: 1, columns }, { rows: 1, columns: grid })
          const back = resample(small, { rows: 1, columns: grid }, { rows: 1, columns })
          const found = back.findIndex((value) => value >= 0.5)
          // Linear interpolation of an area average keeps the half level where the edge fell on a grid line;
          // elsewhere the grid itself limits it to half a grid cell.
          expect(Math.abs(found - edge)).toBeLessThanOrEqual(Math.ceil(columns / grid / 2))
        },
      ),
    )
  })
})
