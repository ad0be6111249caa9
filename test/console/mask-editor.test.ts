import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Brush, MaskEditor } from '../../lib/console/page/viewer/mask-editor.ts'
import type { Point } from '../../lib/console/page/viewer/view.ts'

const size = { rows: 40, columns: 60 }
const brush = (change: Partial<Brush> = {}): Brush => ({ value: 1, radius: 5, aspect: 1, ...change })
const sum = (mask: Uint8Array): number => mask.reduce((total, inside) => total + inside, 0)

/** By its definition: the distance of a pixel's middle from the line. */
function isUnder(at: number, from: Point, to: Point, { radius, aspect }: Brush): number {
  const [x, y] = [(at % size.columns) + 0.5, Math.floor(at / size.columns) + 0.5]
  const [dx, dy] = [to.x - from.x, (to.y - from.y) * aspect]
  const [px, py] = [x - from.x, (y - from.y) * aspect]
  const along = Math.min(1, Math.max(0, (px * dx + py * dy) / (dx * dx + dy * dy || 1)))
  return Math.hypot(px - along * dx, py - along * dy) - radius
}

const points = fc.record({
  x: fc.double({ min: -20, max: 80, noNaN: true }),
  y: fc.double({ min: -20, max: 60, noNaN: true }),
})
const brushes = fc.record({
  value: fc.constantFrom<0 | 1>(0, 1),
  radius: fc.double({ min: 0.5, max: 15, noNaN: true }),
  aspect: fc.constantFrom(0.5, 1, 2),
})

describe('a stroke', () => {
  it('sets every pixel whose middle is well under the brush, and none well outside', () => {
    fc.assert(
      fc.property(points, points, brushes, (from, to, drawn) => {
        const editor = new MaskEditor(size, null)
        const added = { ...drawn, value: 1 as const }
        editor.paint(from, to, added)
        const own = [from, to].map(({ x, y }) => Math.floor(y) * size.columns + Math.floor(x))
        for (let at = 0; at < editor.mask.length; at++) {
          const beyond = isUnder(at, from, to, added)
          if (beyond < -0.5) expect(editor.mask[at]).toBe(1)
          // Beside the line the pixels lie that the middle of the brush itself has touched.
          if (beyond > 1 && !own.includes(at)) expect(editor.mask[at]).toBe(0)
        }
      }),
    )
  })

  it('with the smallest brush leaves the pixel under the point', () => {
    const editor = new MaskEditor(size, null)
    editor.paint({ x: 7.9, y: 3.1 }, { x: 7.9, y: 3.1 }, brush({ radius: 0.5 }))
    expect(editor.mask.indexOf(1)).toBe(3 * size.columns + 7)
    expect(editor.areaPixels).toBe(1)
  })

  it('takes away as it adds', () => {
    const editor = new MaskEditor(size, new Uint8Array(2400).fill(1))
    editor.paint({ x: 20, y: 20 }, { x: 30, y: 20 }, brush({ value: 0 }))
    const added = new MaskEditor(size, null)
    added.paint({ x: 20, y: 20 }, { x: 30, y: 20 }, brush())
    expect(editor.mask).toEqual(added.mask.map((inside) => 1 - inside))
  })

  it('does not change the mask from which it started', () => {
    const model = new Uint8Array(2400)
    new MaskEditor(size, model).paint({ x: 20, y: 20 }, { x: 20, y: 20 }, brush())
    expect(sum(model)).toBe(0)
  })
})

describe('undoing', () => {
  it('brings back exactly what was, stroke by stroke, and redoing what came', () => {
    const strokes = fc.array(fc.tuple(fc.array(points, { minLength: 1, maxLength: 4 }), brushes), { maxLength: 6 })
    const starts = fc.constantFrom(
      null,
      Uint8Array.from({ length: 2400 }, (_, at) => (at >> 3) & 1),
    )
    fc.assert(
      fc.property(strokes, starts, (drawn, start) => {
        const editor = new MaskEditor(size, start)
        const states = [editor.mask.slice()]
        for (const [path, used] of drawn) {
          path.forEach((point, at) => {
            editor.paint(path[at - 1] ?? point, point, used)
          })
          editor.lift()
          expect(editor.areaPixels).toBe(sum(editor.mask))
          // A stroke that changes nothing is none.
          if (sum(editor.mask.map((inside, at) => inside ^ states.at(-1)![at])) > 0) states.push(editor.mask.slice())
        }
        for (const state of states.slice(0, -1).reverse()) {
          editor.undo()
          expect(editor.mask).toEqual(state)
          expect(editor.areaPixels).toBe(sum(state))
        }
        expect(editor.canUndo).toBe(false)
        for (const state of states.slice(1)) {
          editor.redo()
          expect(editor.mask).toEqual(state)
        }
        expect(editor.canRedo).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  it('forgets what was undone once something else is drawn', () => {
    const editor = new MaskEditor(size, null)
    const dab = (x: number) => {
      editor.paint({ x, y: 10 }, { x, y: 10 }, brush())
      editor.lift()
    }
    dab(10)
    editor.undo()
    dab(40)
    expect(editor.canRedo).toBe(false)
    editor.redo()
    expect(editor.mask[10 * size.columns + 10]).toBe(0)
  })

  it('with nothing to be undone does nothing', () => {
    const editor = new MaskEditor(size, null)
    editor.undo()
    editor.redo()
    expect(sum(editor.mask)).toBe(0)
  })
})
