import { describe, expect, it } from 'vitest'
import type { FrameFacts } from '../../lib/console/contract/frame.ts'
import { sampleActivation } from '../../lib/console/page/viewer/activation-map.ts'
import { buildPyramid, halve } from '../../lib/console/page/viewer/frame-pyramid.ts'
import { describeLength } from '../../lib/console/page/viewer/length.ts'
import { paintView } from '../../lib/console/page/viewer/paint-view.ts'
import { sampleMask, sampleView } from '../../lib/console/page/viewer/sample-view.ts'
import {
  edgeMarks,
  fitView,
  type Lie,
  mirror,
  panBy,
  rotateClockwise,
  toImage,
  toScreen,
  uprightLie,
  type View,
  zoomAt,
} from '../../lib/console/page/viewer/view.ts'
import { type Turn, turnedSize, turnUpright } from '../../lib/screening/prepared-image/upright.ts'

const size = { rows: 5, columns: 7 }
const samples = Uint16Array.from({ length: 35 }, (_, at) => at * 100)
const booleans = [false, true]
const turns: Turn[] = booleans.flatMap((transpose) =>
  booleans.flatMap((reverseRows) => booleans.map((reverseColumns) => ({ transpose, reverseRows, reverseColumns }))),
)
const titled = turns.map((turn) => [JSON.stringify(turn), turn] as const)

const factsOf = (turn: Turn, spacing: FrameFacts['spacing'] = null): FrameFacts => ({
  ...size,
  sampleLimit: 4096,
  slope: 1,
  intercept: 0,
  isInverted: false,
  presentations: [{ id: 'screened', window: { center: 1, width: 1, function: 'LINEAR' }, greyTable: null }],
  spacing,
  orientation: { along: 'L', down: 'F' },
  isOrientationAssumed: false,
  turn,
})
const atOneToOne = (turn: Turn) => {
  const canvas = turnedSize(size, turn)
  const screen = { width: canvas.columns, height: canvas.rows }
  return { screen, view: fitView(factsOf(turn), screen, uprightLie(turn)) }
}
const levels = [{ width: 7, height: 5, samples }]

describe('a view', () => {
  it.each(titled)('turned by %s shows at 1 : 1 every sample where the pipeline turns it to', (_, turn) => {
    const { screen, view } = atOneToOne(turn)
    expect(view.zoom).toBe(1)
    const shown = sampleView(levels, view, screen)
    const upright = turnUpright(Float32Array.from(samples), size, turn)
    expect(Array.from(shown.samples)).toEqual(Array.from(upright))
    expect(shown.isInside.every((inside) => inside === 1)).toBe(true)
  })

  it.each(titled)('turned by %s shows the mask over the same pixels', (_, turn) => {
    const { screen, view } = atOneToOne(turn)
    const mask = Uint8Array.from(samples, (_, at) => Number(at % 3 === 0))
    expect(sampleMask(mask, size, view, screen)).toEqual(turnUpright(mask, size, turn))
  })

  it.each(titled)('turned by %s lays the activation map upright', (_, turn) => {
    const { screen, view } = atOneToOne(turn)
    const { rows, columns } = turnedSize(size, turn)
    const activation = Uint8Array.from({ length: rows * columns }, (_, at) => at * 7)
    expect(sampleActivation({ rows, columns, activation }, factsOf(turn), view, screen)).toEqual(activation)
  })

  it.each(titled)('turned by %s finds its way from the screen to the image and back', (_, turn) => {
    const canvas = { width: 300, height: 200 }
    const view: View = { lie: uprightLie(turn), zoom: 3.7, center: { x: 2, y: 4 }, aspect: 1.3 }
    const point = { x: 17, y: 133 }
    const back = toScreen(view, canvas, toImage(view, canvas, point))
    expect(back.x).toBeCloseTo(point.x, 9)
    expect(back.y).toBeCloseTo(point.y, 9)
  })

  it('keeps what is under the pointer there while zooming', () => {
    const canvas = { width: 300, height: 200 }
    const point = { x: 250, y: 20 }
    const { view } = atOneToOne(turns[3])
    const zoomed = zoomAt(view, canvas, point, 2)
    expect(zoomed.zoom).toBe(2)
    expect(toImage(zoomed, canvas, point)).toEqual(toImage(view, canvas, point))
  })

  it('moves with the pointer while panning', () => {
    const canvas = { width: 300, height: 200 }
    const { view } = atOneToOne(turns[5])
    const moved = panBy(view, canvas, 11, -6)
    expect(toImage(moved, canvas, { x: 111, y: 94 })).toEqual(toImage(view, canvas, { x: 100, y: 100 }))
  })

  it('shows pixels that are not square as high as they are', () => {
    const spacing = { rowMm: 0.2, columnMm: 0.1, plane: 'patient' } as const
    const view = fitView(factsOf(turns[0], spacing), { width: 100, height: 100 }, uprightLie(turns[0]))
    expect(view).toMatchObject({ aspect: 2, zoom: 10 })
  })

  it('is black, and nothing of the image, where the image is not', () => {
    const { view } = atOneToOne(turns[0])
    const shown = sampleView(levels, view, { width: 9, height: 5 })
    expect(Array.from(shown.isInside.slice(0, 9))).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 0])
    expect(sampleMask(new Uint8Array(35).fill(1), size, view, { width: 9, height: 5 })[0]).toBe(0)
  })
})

describe('the marks at the edges', () => {
  const orientation = { along: 'L', down: 'F' }
  const standard = uprightLie({ transpose: false, reverseRows: false, reverseColumns: false })
  it.each<[string, Lie, string]>([
    ['of the standard display', standard, 'R L H F'],
    ['of a mirrored one', mirror(standard), 'L R H F'],
    ['of one turned clockwise', rotateClockwise(standard), 'F H R L'],
    ['of one turned twice', rotateClockwise(rotateClockwise(standard)), 'L R F H'],
    ['of one turned four times', [1, 2, 3, 4].reduce((lie) => rotateClockwise(lie), standard), 'R L H F'],
  ])('%s are right', (_, lie, expected) => {
    const marks = edgeMarks(lie, orientation)!
    expect([marks.left, marks.right, marks.top, marks.bottom].join(' ')).toBe(expected)
  })

  it.each(titled)('of an image turned upright by %s are those of the standard display', (_, turn) => {
    // Directions of rows and columns of an image that this turn brings upright.
    const across = turn.reverseColumns ? 'R' : 'L'
    const down = turn.reverseRows ? 'H' : 'F'
    const stored = turn.transpose ? { along: down, down: across } : { along: across, down }
    expect(edgeMarks(uprightLie(turn), stored)).toEqual({ left: 'R', right: 'L', top: 'H', bottom: 'F' })
  })

  it('turn every letter of a slanted direction', () => {
    expect(edgeMarks(standard, { along: 'LH', down: 'FL' })).toMatchObject({ left: 'RF', top: 'HR' })
  })

  it('are not there where the orientation is not known', () => {
    expect(edgeMarks(standard, null)).toBeNull()
  })
})

describe('describeLength', () => {
  const from = { x: 0, y: 0 }
  it.each([
    ['millimetres of the patient', { rowMm: 0.1, columnMm: 0.1, plane: 'patient' }, { x: 300, y: 400 }, '50.0 mm'],
    [
      'which plane they are of',
      { rowMm: 0.143, columnMm: 0.143, plane: 'detector' },
      { x: 1000, y: 0 },
      '143.0 mm at the detector',
    ],
    [
      'that they are estimated',
      { rowMm: 0.1, columnMm: 0.1, plane: 'patient-estimated' },
      { x: 10, y: 0 },
      '1.0 mm (estimated)',
    ],
    ['pixels that are not square', { rowMm: 0.4, columnMm: 0.3, plane: 'patient' }, { x: 10, y: 10 }, '5.0 mm'],
    ['pixels where no spacing is known', null, { x: 30, y: 40 }, '50 pixels (spacing unknown)'],
  ] as const)('tells %s', (_, spacing, to, expected) => {
    expect(describeLength(from, to, spacing)).toBe(expected)
  })
})

describe('the pyramid of a frame', () => {
  it('averages four samples, an odd edge counting twice', () => {
    const half = halve({ width: 3, height: 3, samples: Uint16Array.from([0, 4, 8, 4, 8, 12, 100, 104, 108]) })
    expect(half).toEqual({ width: 2, height: 2, samples: Uint16Array.from([4, 10, 102, 108]) })
  })

  it('ends at a side of about 256', () => {
    const frame = { width: 1100, height: 1030, samples: new Uint16Array(1100 * 1030) }
    expect(buildPyramid(frame).map(({ width }) => width)).toEqual([1100, 550, 275, 138])
  })

  it('keeps flat values flat at every zoom', () => {
    const frame = { width: 1100, height: 1030, samples: new Uint16Array(1100 * 1030).fill(65535) }
    const facts = { ...factsOf(turns[0]), rows: 1030, columns: 1100 }
    const screen = { width: 97, height: 91 }
    const shown = sampleView(buildPyramid(frame), fitView(facts, screen, uprightLie(turns[0])), screen)
    expect(new Set(shown.samples.filter((_, at) => shown.isInside[at] === 1))).toEqual(new Set([65535]))
  })
})

describe('paintView', () => {
  const view = { width: 3, height: 3, samples: new Uint16Array(9).fill(1), isInside: new Uint8Array(9).fill(1) }
  const grey = Uint8Array.from([0, 100])
  const none = { mask: null, isFilled: true, hasContour: true, isDrawn: false, activation: null, opacity: 0.5 }
  const paint = (overlay: Parameters<typeof paintView>[2]): number[][] => {
    const pixels = new Uint8ClampedArray(36)
    paintView(view, grey, overlay, pixels)
    return Array.from({ length: 9 }, (_, at) => Array.from(pixels.slice(at * 4, at * 4 + 4)))
  }

  it('paints grey where there is no overlay', () => {
    expect(paint(none)).toEqual(Array(9).fill([100, 100, 100, 255]))
  })

  it('draws the contour over the edge of the mask and leaves its middle as it is', () => {
    const painted = paint({ ...none, isFilled: false, mask: new Uint8Array(9).fill(1) })
    expect(painted[4]).toEqual([100, 100, 100, 255])
    expect(painted[0]).toEqual([255, 140, 26, 255])
  })

  it('draws what a reader has drawn in another colour than what the model has found', () => {
    const painted = paint({ ...none, isDrawn: true, mask: new Uint8Array(9).fill(1) })
    expect(painted[0]).toEqual([255, 105, 220, 255])
  })

  it('lets the picture through a fill, as far as its opacity says', () => {
    expect(paint({ ...none, hasContour: false, mask: new Uint8Array(9).fill(1) })[4]).toEqual([178, 120, 63, 255])
  })

  it('colours most where the activation is greatest', () => {
    const activation = Uint8Array.from([0, 255, 0, 0, 0, 0, 0, 0, 0])
    const painted = paint({ ...none, activation })
    expect(painted[0]).toEqual([100, 100, 100, 255])
    expect(painted[1]).toEqual([95, 135, 178, 255])
  })
})
