import { describe, expect, it } from 'vitest'
import { leaveBorderOut } from '../../lib/screening/prepared-image/leave-border-out.ts'
import { histogramOf } from '../../lib/screening/prepared-image/value-histogram.ts'
import { buildRadiograph } from '../prepared-image/build-radiograph.ts'

/** `border` pixels of one value, or of values around it, beside `picture` pixels spread evenly from `low` to `high`. */
function valuesOf(border: number, near: number, low: number, high: number, share: number): Uint16Array {
  const pixels = 20_000
  return Uint16Array.from({ length: pixels }, (_, pixel) =>
    pixel < share * pixels ? border + (pixel % (near + 1)) : low + (pixel % (high - low + 1)),
  )
}

const pictureOf = (values: Uint16Array) => {
  const { histogram, hasBorder } = leaveBorderOut(histogramOf(buildRadiograph(values, { bitsStored: 16 })))
  const lowest = histogram.counts.findIndex((count) => count > 0)
  const highest = histogram.counts.findLastIndex((count) => count > 0)
  return { lowest, highest, share: histogram.total / values.length, hasBorder }
}

describe('leaving a border out', () => {
  it.each([
    ['one value far above', valuesOf(65_535, 0, 0, 4095, 0.45), 0, 4095, 0.55, true],
    ['one value far below', valuesOf(0, 0, 20_000, 24_000, 0.6), 20_000, 24_000, 0.4, true],
    ['values far above that a codec blurred', valuesOf(65_000, 300, 0, 4095, 0.45), 0, 4095, 0.55, true],
    ['one value just above', valuesOf(4100, 0, 0, 4095, 0.3), 0, 4095, 0.7, false],
    ['the lowest value, which saturated', valuesOf(100, 0, 100, 4095, 0.3), 101, 4095, 0.7, false],
  ])('leaves out %s', (_, values, lowest, highest, share, hasBorder) => {
    const found = pictureOf(values)
    expect(found.hasBorder).toBe(hasBorder)
    // Up to a tail of the picture may count to the gap.
    expect(Math.abs(found.lowest - lowest)).toBeLessThanOrEqual(0.02 * (highest - lowest))
    expect(Math.abs(found.highest - highest)).toBeLessThanOrEqual(0.02 * (highest - lowest))
    expect(Math.abs(found.share - share)).toBeLessThanOrEqual(0.006)
  })

  it.each([
    ['a picture without one', valuesOf(0, 0, 0, 4095, 0)],
    ['a picture in two parts with a gap narrower than either', valuesOf(6000, 3000, 0, 4095, 0.4)],
    ['a picture with a few stray pixels', valuesOf(65_535, 0, 0, 4095, 0.004)],
  ])('leaves %s whole', (_, values) => {
    expect(pictureOf(values)).toMatchObject({ share: 1, hasBorder: false })
  })

  it('leaves out blurred borders on both sides', () => {
    const values = valuesOf(60_000, 300, 20_000, 24_000, 0.3)
    for (let pixel = 0; pixel < 3000; pixel++) values[pixel] = pixel % 300
    const { lowest, highest } = pictureOf(values)
    expect(lowest).toBeGreaterThanOrEqual(20_000)
    expect(highest).toBeLessThanOrEqual(24_000)
  })

  it('takes a picture beside a border of one value for the picture, not the few pixels beyond a gap in it', () => {
    const values = valuesOf(0, 0, 1, 3000, 0.6)
    for (let pixel = 0; pixel < values.length; pixel += 40) values[pixel] = 3700 + ((pixel / 40) % 385)
    const { lowest, highest, share } = pictureOf(values)
    expect(lowest).toBeLessThan(100)
    expect(highest).toBeGreaterThan(2900)
    expect(share).toBeGreaterThan(0.35)
  })

  it('leaves an image of one value as it is', () => {
    expect(pictureOf(new Uint16Array(400).fill(7))).toEqual({ lowest: 7, highest: 7, share: 1, hasBorder: false })
  })
})
