import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { turnOf } from '../../lib/screening/prepared-image/upright.ts'
import { projectMask } from '../../lib/screening/segmentation/segment.ts'

const grid = 32

/** A map whose probability rises across and passes 0.5 at `where` of the width, between grid points as well. */
function rampAt(where: number) {
  const probabilities = Float32Array.from({ length: grid * grid }, (_, pixel) => {
    const position = ((pixel % grid) + 0.5) / grid
    return Math.min(1, Math.max(0, 0.5 + 2 * (position - where)))
  })
  return { rows: grid, columns: grid, probabilities, maskThreshold: 0.5 }
}

describe('the way back from the map to the source', () => {
  it('puts a boundary within half a source pixel of where the map has it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 64, max: 3000 }),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        (columns, where) => {
          const mask = projectMask(rampAt(where), { rows: 2, columns }, turnOf(['L', 'F']))
          const first = mask.indexOf(1)
          expect(Math.abs(first - where * columns)).toBeLessThanOrEqual(0.5 + columns * 1e-5)
        },
      ),
    )
  })

  it('does so in a source that was turned', () => {
    const columns = 500
    const mask = projectMask(rampAt(0.3), { rows: 2, columns }, turnOf(['R', 'F']))
    // Mirrored: the mask is the part left of 70 % of the stored width.
    expect(mask.indexOf(0)).toBe(350)
  })

  it('does so in a source whose sides differ', () => {
    const mask = projectMask(rampAt(0.25), { rows: 100, columns: 400 }, turnOf(['L', 'F']))
    for (const row of [0, 50, 99]) expect(mask.indexOf(1, row * 400) - row * 400).toBe(100)
  })
})
