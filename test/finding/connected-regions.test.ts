import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connectedRegions } from '../../lib/screening/finding/connected-regions.ts'
import { boundingBoxOf } from '../../lib/screening/segmentation/bounding-box.ts'
import { labelComponents } from '../../lib/screening/segmentation/connected-components.ts'

function regionsOf(...rows: string[]) {
  const size = { rows: rows.length, columns: rows[0].length }
  const mask = Uint8Array.from(rows.join(''), (mark) => Number(mark === '#'))
  return connectedRegions(mask, size, boundingBoxOf(mask, size)!)
}

describe('connected regions of a mask', () => {
  it.each([
    ['pixels that touch at a corner', ['#.', '.#'], [2]],
    ['pixels that touch at the other corner', ['.#', '#.'], [2]],
    ['pixels a knight apart', ['#..', '..#'], [1, 1]],
    ['a cup: two that meet below', ['#..#', '#..#', '####'], [8]],
    ['a comb: many that meet below', ['#.#.#', '#####'], [8]],
    ['three that meet pair by pair', ['#...#', '.#.#.', '..#..'], [5]],
    ['a ring around an island', ['#####', '#...#', '#.#.#', '#...#', '#####'], [16, 1]],
    ['runs at both ends of a row', ['##..##'], [2, 2]],
  ])('are, of %s, as many and as large', (_, rows, areas) => {
    expect(regionsOf(...rows).map(({ areaPixels }) => areaPixels)).toEqual(areas)
  })

  it('have their box and their centre in the pixels of the mask', () => {
    expect(regionsOf('......', '...##.', '...##.')).toEqual([
      { areaPixels: 4, boundingBox: { row: 1, column: 3, rows: 2, columns: 2 }, centre: { row: 1.5, column: 3.5 } },
    ])
  })

  it('are those that a flood fill finds, in the same order', () => {
    const masks = fc
      .record({ rows: fc.integer({ min: 1, max: 14 }), columns: fc.integer({ min: 1, max: 14 }) })
      .chain((size) => {
        const pixels = size.rows * size.columns
        return fc
          .array(fc.constantFrom(0, 1, 1), { minLength: pixels, maxLength: pixels })
          .map((values) => ({ size, mask: Uint8Array.from(values) }))
      })
    fc.assert(
      fc.property(masks, ({ size, mask }) => {
        const { labels, count } = labelComponents(mask, size, 1, 8)
        const flooded = Array.from({ length: count }, (_, index) => {
          const own = Uint8Array.from(labels, (label) => Number(label === index + 1))
          return { areaPixels: own.reduce((sum, value) => sum + value, 0), boundingBox: boundingBoxOf(own, size) }
        })
        const box = boundingBoxOf(mask, size)
        const regions = box ? connectedRegions(mask, size, box) : []
        expect(regions.map(({ areaPixels, boundingBox }) => ({ areaPixels, boundingBox }))).toEqual(flooded)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})
