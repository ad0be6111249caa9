import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { turnBack, turnedSize, turnOf, turnUpright } from '../../lib/screening/prepared-image/upright.ts'

/** An upright 2 × 3 picture: head row first, the patient's left in the last column. */
const upright = [1, 2, 3, 4, 5, 6]

describe('turning a radiograph upright', () => {
  it.each([
    ['L', 'F', [1, 2, 3, 4, 5, 6], { rows: 2, columns: 3 }],
    ['R', 'F', [3, 2, 1, 6, 5, 4], { rows: 2, columns: 3 }],
    ['L', 'H', [4, 5, 6, 1, 2, 3], { rows: 2, columns: 3 }],
    ['R', 'H', [6, 5, 4, 3, 2, 1], { rows: 2, columns: 3 }],
    ['F', 'L', [1, 4, 2, 5, 3, 6], { rows: 3, columns: 2 }],
    ['H', 'L', [4, 1, 5, 2, 6, 3], { rows: 3, columns: 2 }],
    ['F', 'R', [3, 6, 2, 5, 1, 4], { rows: 3, columns: 2 }],
    ['H', 'R', [6, 3, 5, 2, 4, 1], { rows: 3, columns: 2 }],
  ])('reads PatientOrientation %s\\%s', (along, down, stored, size) => {
    const turn = turnOf([along, down])
    expect([...turnUpright(Uint8Array.from(stored), size, turn)]).toEqual(upright)
    expect(turnedSize(size, turn)).toEqual({ rows: 2, columns: 3 })
  })

  it.each([[null], [['A', 'F']], [['', '']], [['L', 'R']], [['P', 'H']]] as [[string, string] | null][])(
    'leaves %j as it is: no frontal orientation',
    (orientation) => {
      expect(turnOf(orientation)).toEqual({ transpose: false, reverseRows: false, reverseColumns: false })
    },
  )

  it('reads the main direction of an oblique orientation', () => {
    expect(turnOf(['RF', 'FL'])).toEqual(turnOf(['R', 'F']))
  })

  it('finds every pixel again on the way back', () => {
    const direction = fc.constantFrom('L', 'R', 'H', 'F')
    fc.assert(
      fc.property(
        direction,
        direction,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (a, b, rows, columns) => {
          const size = { rows, columns }
          const stored = Uint8Array.from({ length: rows * columns }, (_, index) => index)
          const turn = turnOf([a, b])
          expect(turnBack(turnUpright(stored, size, turn), size, turn)).toEqual(stored)
        },
      ),
    )
  })
})
