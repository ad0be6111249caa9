import { describe, expect, it } from 'vitest'
import { measureMask } from '../../lib/screening/finding/measure-mask.ts'
import { noTurn, turnOf } from '../../lib/screening/prepared-image/upright.ts'
import type { PixelSpacing } from '../../lib/screening/radiograph/radiograph.ts'

function draw(...rows: string[]) {
  return {
    mask: Uint8Array.from(rows.join(''), (mark) => Number(mark === '#')),
    size: { rows: rows.length, columns: rows[0].length },
  }
}

const spacing: PixelSpacing = { rowMm: 0.2, columnMm: 0.5, origin: 'PixelSpacing' }

describe('measuring a mask', () => {
  it('gives area, bounding box and regions, the largest first', () => {
    const { mask, size } = draw('#.......', '........', '....##..', '....##..')
    const measured = measureMask(mask, size, noTurn, spacing)
    expect(measured.areaPixels).toBe(5)
    expect(measured.areaMm2).toBeCloseTo(0.5)
    expect(measured.boundingBox).toEqual({ row: 0, column: 0, rows: 4, columns: 6 })
    expect(measured.components.map((c) => c.areaPixels)).toEqual([4, 1])
    expect(measured.components[0].boundingBox).toEqual({ row: 2, column: 4, rows: 2, columns: 2 })
  })

  it('says nothing in mm² where the spacing is unknown', () => {
    const { mask, size } = draw('##', '..')
    const { areaMm2, components } = measureMask(mask, size, noTurn, null)
    expect([areaMm2, components[0].areaMm2]).toEqual([null, null])
  })

  it.each([
    ['L', 'F', 'right'],
    ['R', 'F', 'left'],
    ['L', 'H', 'right'],
    ['R', 'H', 'left'],
  ])("takes air in the stored left half under orientation %s\\%s for the patient's %s", (along, down, side) => {
    const { mask, size } = draw('#.....', '#.....')
    expect(measureMask(mask, size, turnOf([along, down]), null).side).toBe(side)
  })

  it.each([
    ['F', 'L', 'right'],
    ['F', 'R', 'left'],
  ])("takes air in the stored top half under orientation %s\\%s for the patient's %s", (along, down, side) => {
    const { mask, size } = draw('##', '##', '..', '..')
    expect(measureMask(mask, size, turnOf([along, down]), null).side).toBe(side)
  })

  it('names no side where the way upright is not known', () => {
    const { mask, size } = draw('#.....', '#.....')
    const { side, components, areaPixels } = measureMask(mask, size, null, null)
    expect({ side, areaPixels }).toEqual({ side: null, areaPixels: 2 })
    expect(components.map((component) => component.side)).toEqual([null])
  })

  it('names both sides when neither is negligible, one when the other is a stray pixel', () => {
    const both = draw('##....##', '##....##')
    expect(measureMask(both.mask, both.size, noTurn, null).side).toBe('both')
    const stray = draw('######....', '######....', '#####....#')
    expect(measureMask(stray.mask, stray.size, noTurn, null).side).toBe('right')
  })

  it('finds nothing in an empty mask', () => {
    const { mask, size } = draw('....', '....')
    expect(measureMask(mask, size, noTurn, spacing)).toEqual({
      areaPixels: 0,
      areaMm2: 0,
      side: null,
      boundingBox: null,
      components: [],
    })
  })
})
