import type { Anatomy } from './anatomy.ts'
import type { ChestFrame } from './chest-frame.ts'
import type { PhantomOptions } from './phantom.ts'
import type { SeededRandom } from './seeded-random.ts'
import { StrokeLayer, type TubeProfile } from './stroke-layer.ts'

export interface Devices {
  readonly names: readonly string[]
  /** Metal along the beam; opaque plastic counts as the metal that attenuates as much. Unit: mm. Shape: rows × columns. */
  readonly metal: Float32Array
  /** Blackens what lies outside the collimated field, as an electronic shutter does. */
  collimate(values: Uint16Array): void
}

type Point = readonly [number, number]

/** The same thickness over the whole width: wires and markers. Unit: mm. */
function flat(thickness: number): TubeProfile {
  return (distance, radius) => (distance < radius ? thickness : 0)
}

/** A drain or catheter: a faint wall and the opaque stripe that its edges make. */
function catheter(thickness: number): TubeProfile {
  return (distance, radius) => (distance < radius ? thickness * (distance > 0.55 * radius ? 1 : 0.45) : 0)
}

/** Side marker, electrodes, tubes and lines, and the collimation of the field. */
export function drawDevices(
  options: PhantomOptions,
  anatomy: Anatomy,
  frame: ChestFrame,
  source: SeededRandom,
): Devices {
  const random = source.fork('devices')
  const layer = new StrokeLayer(frame.size)
  const names: string[] = []
  const draw = (points: readonly Point[], radius: number, profile: TubeProfile): void =>
    layer.draw(
      throughPoints(points).map(([x, y]) => frame.point(x, y, radius)),
      profile,
    )
  drawMarker(options, frame, layer, random)
  const supine = options.view === 'AP'
  if (options.devices ?? random.chance(supine ? 0.75 : 0.12)) {
    if (supine || random.chance(0.3)) {
      names.push('ecg-leads')
      for (const spot of electrodes(anatomy, random)) drawElectrode(spot, draw, random)
    }
    if (random.chance(0.5)) {
      names.push('central-line')
      draw(centralLine(anatomy, random), 0.9, flat(0.45))
    }
    if (supine && random.chance(0.5)) {
      names.push('endotracheal-tube', 'gastric-tube')
      const tip = anatomy.right.domeTop * 0.38 - random.uniform(25, 50)
      draw(
        [
          [2, -170],
          [0, -60],
          [anatomy.shift(tip) - 1, tip],
        ],
        4.4,
        catheter(0.3),
      )
      draw(gastricTube(anatomy, random), 1.9, catheter(0.4))
    }
    const ptx = options.pneumothorax
    if (ptx && random.chance(0.5)) {
      names.push('chest-drain')
      draw(chestDrain(anatomy, ptx.side === 'right' ? -1 : 1, random), 3.3, catheter(0.5))
    }
  }
  const border = collimation(options, random)
  return {
    names,
    metal: layer.values,
    collimate: (values) => blacken(values, frame, border),
  }
}

/** A lead letter taped to the cassette: L at the patient's left or R at the right. */
function drawMarker(options: PhantomOptions, frame: ChestFrame, layer: StrokeLayer, random: SeededRandom): void {
  const { rows, columns } = options
  const left = random.chance(0.5)
  const unit = 9 / frame.mmPerPixel
  const x = left ? columns * random.uniform(0.9, 0.94) : columns * random.uniform(0.05, 0.08)
  const y = rows * random.uniform(0.07, 0.2)
  const lean = random.normal(0, 0.12)
  const at = ([u, v]: Point) => ({ x: x + unit * (u - lean * v), y: y + unit * (v + lean * u), radius: 0.13 * unit })
  const letters: readonly Point[][] = left
    ? [
        [
          [0, -1],
          [0, 1],
          [0.9, 1],
        ],
      ]
    : [
        [
          [0, 1],
          [0, -1],
          [0.6, -1],
          [0.95, -0.75],
          [0.95, -0.3],
          [0.6, -0.05],
          [0, -0.05],
        ],
        [
          [0.45, -0.05],
          [1, 1],
        ],
      ]
  for (const letter of letters) layer.draw(letter.map(at), flat(9))
}

function electrodes(anatomy: Anatomy, random: SeededRandom): Point[] {
  const s = anatomy.scale
  const spots: Point[] = [
    [-118 * s, 18],
    [120 * s, 22],
    [-128 * s, 215],
    [134 * s, 222],
  ]
  return spots
    .filter(() => random.chance(0.8))
    .map(([x, y]) => [x + random.normal(0, 10), y + random.normal(0, 12)] as const)
}

/** A disc with its snap, and the wire that leaves the field. */
function drawElectrode(
  [x, y]: Point,
  draw: (points: readonly Point[], radius: number, profile: TubeProfile) => void,
  random: SeededRandom,
): void {
  draw(
    [
      [x, y],
      [x + 0.5, y],
    ],
    8,
    flat(0.12),
  )
  draw(
    [
      [x, y],
      [x + 0.5, y],
    ],
    3.4,
    flat(1.2),
  )
  const side = x < 0 ? -1 : 1
  const sway = random.uniform(-25, 40)
  draw(
    [
      [x, y],
      [x - side * random.uniform(15, 40), y + 45],
      [x - side * sway, y + 120],
      [x - side * (sway - 20), y + 230],
      [x + side * random.uniform(-30, 30), 430],
    ],
    0.75,
    flat(0.5),
  )
}

/** By the right jugular vein into the superior vena cava. */
function centralLine(anatomy: Anatomy, random: SeededRandom): Point[] {
  const tip = anatomy.right.domeTop * random.uniform(0.36, 0.46)
  return [
    [-62, -110],
    [-44, -50],
    [-30, 0],
    [-20 + anatomy.shift(40), 40],
    [-21 + anatomy.shift(tip), tip],
  ]
}

/** Down the gullet, behind the heart, into the stomach. */
function gastricTube(anatomy: Anatomy, random: SeededRandom): Point[] {
  const hiatus = anatomy.left.domeTop + 6
  return [
    [5, -170],
    [6, -40],
    [5 + anatomy.shift(60), 60],
    [8 + anatomy.shift(150), 150],
    [14, hiatus],
    [44, hiatus + 34],
    [62 + random.uniform(0, 20), hiatus + 58],
  ]
}

/** Through the fifth space at the side, up towards the apex. */
function chestDrain(anatomy: Anatomy, sign: number, random: SeededRandom): Point[] {
  const half = sign < 0 ? anatomy.right : anatomy.left
  const entry = random.uniform(125, 165)
  const wall = half.wall(entry)
  return [
    [sign * (wall + 75), entry + 60],
    [sign * (wall + 18), entry + 18],
    [sign * (wall - 14), entry - 8],
    [sign * (wall - 34), entry - 62],
    [sign * (66 + random.normal(0, 5)), 38 + random.normal(0, 6)],
  ]
}

/** Catmull–Rom: a smooth line through the points. */
function throughPoints(points: readonly Point[]): Point[] {
  if (points.length < 3) return [...points]
  const path: Point[] = []
  const steps = 14
  for (let i = 0; i + 1 < points.length; i++) {
    const a = points[Math.max(0, i - 1)]
    const b = points[i]
    const c = points[i + 1]
    const d = points[Math.min(points.length - 1, i + 2)]
    for (let k = 0; k < steps; k++) {
      const t = k / steps
      const between = (axis: 0 | 1): number =>
        b[axis] +
        0.5 *
          t *
          (c[axis] -
            a[axis] +
            t * (2 * a[axis] - 5 * b[axis] + 4 * c[axis] - d[axis] + t * (3 * (b[axis] - c[axis]) + d[axis] - a[axis])))
      path.push([between(0), between(1)])
    }
  }
  path.push(points[points.length - 1])
  return path
}

interface Border {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

/** Margins in shares of the image; most fields are as large as the detector. */
function collimation(options: PhantomOptions, random: SeededRandom): Border {
  if (random.chance(0.6)) return { top: 0, bottom: 0, left: 0, right: 0 }
  const margin = (most: number): number => Math.max(0, random.uniform(-0.5 * most, most))
  return {
    top: margin(0.03),
    bottom: options.view === 'PA' ? margin(0.05) : 0,
    left: margin(0.035),
    right: margin(0.035),
  }
}

function blacken(values: Uint16Array, frame: ChestFrame, border: Border): void {
  const { rows, columns } = frame.size
  const top = Math.round(border.top * rows)
  const bottom = rows - Math.round(border.bottom * rows)
  const left = Math.round(border.left * columns)
  const right = columns - Math.round(border.right * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (row < top || row >= bottom || column < left || column >= right) values[row * columns + column] = 0
    }
  }
}
