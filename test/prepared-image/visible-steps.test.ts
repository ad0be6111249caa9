import { describe, expect, it } from 'vitest'
import { histogramOf } from '../../lib/screening/prepared-image/value-histogram.ts'
import {
  clippedShareOf,
  isNearlyMonotonic,
  isOpposed,
  perplexityOf,
  visibleStepsOf,
} from '../../lib/screening/prepared-image/visible-steps.ts'
import { buildRadiograph } from './build-radiograph.ts'

const ramp = Uint16Array.from({ length: 256 }, (_, value) => value)
const evenly = histogramOf(buildRadiograph(ramp, { bitsStored: 8 }))
const table = (grey: (value: number) => number): Uint8Array => Uint8Array.from(ramp, grey)
const asIs = table((value) => value)

describe('what is left to see', () => {
  it('is as many values as occur equally often', () => {
    expect(perplexityOf(evenly)).toBeCloseTo(256, 9)
    expect(perplexityOf(histogramOf(buildRadiograph(Uint16Array.of(1, 1, 9, 9, 9, 1))))).toBeCloseTo(2, 9)
  })

  it.each([
    ['all of the grey', asIs, 32],
    ['a quarter of the grey', table((value) => value >> 2), 8],
    ['one level', table(() => 100), 1],
    ['black and white', table((value) => (value < 128 ? 0 : 255)), 2],
  ])('is counted in steps of eight: %s', (_, rendered, steps) => {
    expect(visibleStepsOf(evenly, rendered)).toBeCloseTo(steps, 9)
  })

  it('is not what becomes black or white and was not', () => {
    expect(
      clippedShareOf(
        evenly,
        table((value) => (value < 64 ? 0 : value)),
        asIs,
      ),
    ).toBeCloseTo(63 / 256, 9)
    expect(clippedShareOf(evenly, asIs, asIs)).toBe(0)
  })

  it.each([
    ['rises', asIs, true],
    ['falls', table((value) => 255 - value), true],
    ['rises, with a dip that costs less than it gains', table((value) => (value === 99 ? 60 : value)), true],
    ['jumps up and down', table((value) => (value % 2 ? value : 255 - value)), false],
  ])('%s steadily: %2$s', (_, rendered, steady) => {
    expect(isNearlyMonotonic(evenly, rendered)).toBe(steady)
  })

  it('runs the other way where one grows lighter and the other darker', () => {
    expect(
      isOpposed(
        evenly,
        table((value) => 255 - (value >> 1)),
        asIs,
      ),
    ).toBe(true)
    expect(
      isOpposed(
        evenly,
        table((value) => value >> 1),
        asIs,
      ),
    ).toBe(false)
    expect(
      isOpposed(
        evenly,
        table(() => 90),
        asIs,
      ),
    ).toBe(false)
  })
})
