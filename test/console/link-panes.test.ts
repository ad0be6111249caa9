import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FrameFacts, FrameWindow } from '../../lib/console/contract/frame.ts'
import { levelsOf } from '../../lib/console/page/viewer/grey-table.ts'
import { describeScale, fitAlike, followLevels, followView } from '../../lib/console/page/viewer/link-panes.ts'
import {
  mirror,
  panBy,
  rotateClockwise,
  toScreen,
  uprightLie,
  type View,
  zoomAt,
} from '../../lib/console/page/viewer/view.ts'

const window = (center: number, width: number): FrameWindow => ({ center, width, function: 'LINEAR' })
const facts = (columns: number, mm: number | null, plane: 'patient' | 'detector' = 'detector'): FrameFacts => ({
  rows: columns,
  columns,
  sampleLimit: 4096,
  slope: 1,
  intercept: 0,
  isInverted: false,
  presentations: [
    { id: 'screened', window: window(columns, columns / 2), greyTable: 'AA==' },
    { id: 'own-levels', window: window(columns, columns), greyTable: null },
  ],
  spacing: mm === null ? null : { rowMm: mm, columnMm: mm, plane },
  orientation: null,
  isOrientationAssumed: false,
  turn: { transpose: false, reverseRows: false, reverseColumns: false },
})
const upright = uprightLie({ transpose: false, reverseRows: false, reverseColumns: false })
const canvas = { width: 500, height: 400 }
const place = (of: FrameFacts) => ({ facts: of, canvas, lie: upright })

describe('two pictures beside each other', () => {
  it('are whole, and a millimetre is as large in both', () => {
    const [small, large] = [facts(1000, 0.1), facts(3000, 0.14)]
    const [a, b] = fitAlike(place(small), place(large))
    expect(a.zoom / 0.1).toBeCloseTo(b.zoom / 0.14)
    expect(b.zoom * 3000).toBeLessThanOrEqual(canvas.height)
    expect(describeScale({ facts: small, view: a, canvas }, { facts: large, view: b, canvas })).toBe('same scale')
  })

  it('are each whole where a spacing is unknown, and it is said', () => {
    const [known, unknown] = [facts(1000, 0.1), facts(3000, null)]
    const [a, b] = fitAlike(place(known), place(unknown))
    expect([a.zoom * 1000, b.zoom * 3000]).toEqual([400, 400])
    expect(describeScale({ facts: known, view: a, canvas }, { facts: unknown, view: b, canvas })).toMatch(/unknown/)
  })

  it('are said to be of other scales, and of other planes', () => {
    const [one, other] = [facts(1000, 0.1, 'patient'), facts(1000, 0.1)]
    const [a, b] = fitAlike(place(one), place(other))
    const zoomed = { ...b, zoom: b.zoom * 2 }
    expect(describeScale({ facts: one, view: a, canvas }, { facts: other, view: zoomed, canvas })).toBe(
      '2.00 × the current scale, this one at the detector',
    )
  })
})

describe('a linked view', () => {
  const lies = [upright, mirror(upright), rotateClockwise(upright), rotateClockwise(mirror(upright))]
  const views = fc.record({
    lie: fc.constantFrom(...lies),
    zoom: fc.double({ min: 0.1, max: 4, noNaN: true }),
    center: fc.record({ x: fc.integer({ min: 0, max: 3000 }), y: fc.integer({ min: 0, max: 3000 }) }),
    aspect: fc.constantFrom(1, 1.25),
  })
  const step = fc.integer({ min: -300, max: 300 })

  it('is panned by as many pixels of the screen, however its picture lies', () => {
    fc.assert(
      fc.property(views, views, step, step, (one, other, dx, dy) => {
        const followed = followView(one, panBy(one, canvas, dx, dy), canvas, other)
        const held = { x: 100, y: 200 }
        const [before, after] = [other, followed].map((view) => toScreen(view, canvas, held))
        expect(after.x - before.x).toBeCloseTo(dx, 4)
        expect(after.y - before.y).toBeCloseTo(dy, 4)
      }),
    )
  })

  it('is zoomed by the same factor about the same point, and back again', () => {
    fc.assert(
      fc.property(views, views, fc.double({ min: 0.6, max: 1.6, noNaN: true }), (one, other, factor) => {
        const point = { x: 120, y: 30 }
        const zoomed = zoomAt(one, canvas, point, factor)
        const followed = followView(one, zoomed, canvas, other)
        expect(followed.zoom).toBeCloseTo(other.zoom * factor)
        const same = zoomAt(other, canvas, point, factor)
        expect(followed.center.x).toBeCloseTo(same.center.x, 4)
        expect(followed.center.y).toBeCloseTo(same.center.y, 4)
        const back: View = followView(zoomed, one, canvas, followed)
        expect(back.center.x).toBeCloseTo(other.center.x, 4)
      }),
    )
  })
})

describe('linked grey levels', () => {
  const [here, there] = [facts(1000, 0.1), facts(3000, 0.1)]
  const [table, own] = here.presentations.map(levelsOf)
  const other = levelsOf(there.presentations[0])

  it('take the presentation of the same kind', () => {
    expect(followLevels(table, own, here, other, there)).toEqual(levelsOf(there.presentations[1]))
  })

  it('change by the same share of their own window', () => {
    const dragged = { kind: 'window', window: window(1100, 1000), isInverted: false } as const
    // From 1000 ± 250: two tenths of the width on, and twice as wide.
    expect(followLevels(table, dragged, here, other, there)).toEqual({
      kind: 'window',
      window: window(3000 + 0.2 * 1500, 3000),
      isInverted: false,
    })
  })

  it('invert, and keep what they show', () => {
    expect(followLevels(table, { ...table, isInverted: true }, here, other, there)).toEqual({
      ...other,
      isInverted: true,
    })
  })
})
