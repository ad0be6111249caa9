import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyModality, applyVoiLut, applyWindow } from '../../lib/screening/prepared-image/apply-window.ts'
import type { Window } from '../../lib/screening/radiograph/radiograph.ts'

const window = (center: number, width: number, name: Window['function'] = 'LINEAR'): Window => ({
  center,
  width,
  function: name,
})

describe('a window', () => {
  // The examples of PS3.3 C.11.2.1.2.1, from 0 to 1 instead of to 255.
  it.each([
    [2048, 4096, 0, 0],
    [2048, 4096, 4095, 1],
    [2048, 1, 2047, 0],
    [2048, 1, 2048, 1],
    [0, 100, -50, 0],
    [0, 100, 49, 1],
    [0, 100, -0.5, 0.5],
    [0, 1, -1, 0],
    [0, 1, 0, 1],
  ])('of center %d and width %d shows %d at %d', (center, width, value, shown) => {
    expect(applyWindow(value, window(center, width))).toBeCloseTo(shown, 9)
  })

  it.each([
    [2048, 4096, 0, 0],
    [2048, 4096, 2048, 0.5],
    [2048, 4096, 4096, 1],
    [10, 0.5, 9.75, 0],
    [10, 0.5, 10.25, 1],
  ])('LINEAR_EXACT of center %d and width %d shows %d at %d', (center, width, value, shown) => {
    expect(applyWindow(value, window(center, width, 'LINEAR_EXACT'))).toBeCloseTo(shown, 9)
  })

  it.each([
    [1500, 1000, 1500, 0.5],
    [1500, 1000, 2000, 1 / (1 + Math.exp(-2))],
    [1500, 1000, 1e9, 1],
    [1500, 1000, -1e9, 0],
  ])('SIGMOID of center %d and width %d shows %d at %d', (center, width, value, shown) => {
    expect(applyWindow(value, window(center, width, 'SIGMOID'))).toBeCloseTo(shown, 9)
  })

  it('shows no value darker than a lower one, and none outside black and white', () => {
    const value = fc.double({ min: -1e5, max: 1e5, noNaN: true })
    const name = fc.constantFrom('LINEAR', 'LINEAR_EXACT', 'SIGMOID') as fc.Arbitrary<Window['function']>
    fc.assert(
      fc.property(
        value,
        value,
        value,
        fc.double({ min: 1, max: 1e5, noNaN: true }),
        name,
        (a, b, center, width, name) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)].map((v) => applyWindow(v, window(center, width, name)))
          expect(low).toBeGreaterThanOrEqual(0)
          expect(high).toBeLessThanOrEqual(1)
          expect(high).toBeGreaterThanOrEqual(low)
        },
      ),
    )
  })
})

describe('a look-up table', () => {
  const lut = { firstMapped: -2, bitsPerEntry: 8, entries: Uint16Array.of(0, 51, 102, 255) }

  it.each([
    [-100, 0],
    [-2, 0],
    [-1, 0.2],
    [0.4, 0.4],
    [1, 1],
    [100, 1],
  ])('shows %d at %d', (value, shown) => {
    expect(applyVoiLut(value, lut)).toBeCloseTo(shown, 9)
  })

  it('as modality transform gives the entry itself', () => {
    expect([-3, -2, -1, 5].map((value) => applyModality(value, { kind: 'lut', lut }))).toEqual([0, 0, 51, 255])
  })
})

it('rescales by slope and intercept', () => {
  expect(applyModality(100, { kind: 'rescale', slope: -2, intercept: 50 })).toBe(-150)
})
