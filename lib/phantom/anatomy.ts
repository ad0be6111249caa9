import { type Curve, smoothCurve } from './curve.ts'
import type { PhantomOptions } from './phantom.ts'
import type { SeededRandom } from './seeded-random.ts'

/** −1 the patient's right (image left), +1 the patient's left. Side coordinates are u = sign · x. */
export type SideSign = -1 | 1

/** Outlines of one half of the chest in side coordinates. Unit: mm. */
export interface HalfChest {
  /** Inner chest wall by level. */
  readonly wall: Curve
  /** Border of mediastinum and heart by level, mediastinal shift included. */
  readonly silhouette: Curve
  /** Highest level of the diaphragm dome, and where. */
  readonly domeTop: number
  readonly domeCentre: number
  /** How far the dome falls towards the wall and towards the heart. */
  readonly lateralFall: number
  readonly medialFall: number
}

/** The measures of one invented patient. Unit: mm. */
export interface Anatomy {
  readonly right: HalfChest
  readonly left: HalfChest
  /** Displacement of mediastinum and heart towards the patient's left, by level. */
  readonly shift: Curve
  readonly skin: Curve
  readonly bodyDepth: Curve
  readonly lungDepth: Curve
  /** Share of tissue and blood in the aerated lung. */
  readonly lungDensity: number
  readonly ribSpacing: number
  readonly ribDrop: number
  readonly scale: number
  readonly supine: boolean
  readonly breastDepth: number
  /** How much gas the stomach holds. Range: 0 … 1. */
  readonly bubble: number
}

/** Levels of the lower border of a large field: everything below is abdomen. */
export const lowestLevel = 420

export function chooseAnatomy(options: PhantomOptions, source: SeededRandom): Anatomy {
  const random = source.fork('anatomy')
  const supine = options.view === 'AP'
  const female = options.sex === 'F'
  const width = (female ? 0.93 : 1) * random.normal(1, 0.035)
  // A supine patient breathes in less deeply: higher domes, broader heart, closer ribs.
  const height = (female ? 0.95 : 1) * (supine ? 0.86 : 1) * random.normal(1, 0.04)
  const heart = (supine ? 1.16 : 1) * random.normal(1, 0.06)
  const shiftMm = mediastinalShift(options, random)
  const shift = smoothCurve([
    [-60, 0],
    [20, 0.35 * shiftMm],
    [90, 0.9 * shiftMm],
    [150, shiftMm],
    [lowestLevel, shiftMm],
  ])
  const knob = random.uniform(0.85, 1.25)
  const half = (sign: SideSign): HalfChest => {
    const side = sign < 0 ? 'right' : 'left'
    const ptx = options.pneumothorax?.side === side ? options.pneumothorax : null
    const pressed = ptx?.kind === 'tension' ? random.uniform(14, 26) : 0
    const sulcus = ptx?.kind === 'basal' ? random.uniform(20, 32) : 0
    return {
      wall: wallCurve(width * random.normal(1, 0.012), height, pressed * 0.3),
      silhouette: silhouetteCurve(sign, height, width, heart, knob, shift),
      domeTop: height * (sign < 0 ? 216 : 227) + random.normal(0, 4) + pressed,
      domeCentre: width * random.uniform(62, 76),
      lateralFall: random.uniform(34, 46) * (supine ? 0.9 : 1) + sulcus - pressed * 0.4,
      medialFall: random.uniform(12, 20) - pressed * 0.3,
    }
  }
  const depth = random.normal(1, 0.06)
  return {
    right: half(-1),
    left: half(1),
    shift,
    skin: skinCurve(width, female, random.uniform(0, 10)),
    bodyDepth: scaledCurve(bodyDepths, 1, depth),
    lungDepth: scaledCurve(lungDepths, height, depth),
    lungDensity: (supine ? 0.31 : 0.25) * random.normal(1, 0.08),
    ribSpacing: height * random.normal(23.2, 0.5),
    ribDrop: random.uniform(104, 124) * (supine ? 0.78 : 1),
    scale: width,
    supine,
    breastDepth: female ? random.uniform(22, 48) : 0,
    bubble: Math.max(0, random.uniform(-0.5, 1)),
  }
}

function mediastinalShift(options: PhantomOptions, random: SeededRandom): number {
  const usual = random.normal(0, 2)
  const ptx = options.pneumothorax
  if (ptx?.kind !== 'tension') return usual
  const away = ptx.side === 'right' ? 1 : -1
  return usual + away * { small: 12, medium: 20, large: 30 }[ptx.extent] * random.uniform(0.85, 1.15)
}

type Points = readonly (readonly [number, number])[]

const bodyDepths: Points = [
  [-60, 70],
  [-10, 105],
  [30, 140],
  [80, 185],
  [150, 210],
  [240, 222],
  [lowestLevel, 225],
]

const lungDepths: Points = [
  [-1, 0],
  [0, 22],
  [8, 50],
  [25, 84],
  [60, 124],
  [110, 155],
  [170, 170],
  [lowestLevel, 178],
]

function scaledCurve(points: Points, atFactor: number, valueFactor: number): Curve {
  return smoothCurve(points.map(([at, value]) => [at * atFactor, value * valueFactor] as const))
}

/** Levels are given as square roots, in which the round apex becomes a straight start. */
const wallPoints: Points = [
  [0, 47],
  [1.5, 62],
  [3.2, 76],
  [5, 91],
  [7, 106],
  [9.5, 122],
  [12, 132],
  [14, 137],
  [16, 139],
  [20.5, 138],
]

function wallCurve(width: number, height: number, bulge: number): Curve {
  const curve = smoothCurve(
    wallPoints.map(([at, value]) => [at, value * width] as const),
    0.02,
  )
  return (level) =>
    level <= 0 ? curve(0) : curve(Math.sqrt(level / height)) + bulge * Math.min(1, level / (120 * height))
}

/** Right: vena cava, right atrium. Left: subclavian, aortic knob, pulmonary trunk, appendage, left ventricle. */
const rightBorder: Points = [
  [0, 24],
  [40, 25],
  [70, 27],
  [100, 29],
  [122, 35],
  [150, 44],
  [180, 48],
  [206, 48],
  [230, 43],
  [260, 38],
  [lowestLevel, 34],
]

function silhouetteCurve(
  sign: SideSign,
  height: number,
  width: number,
  heart: number,
  knob: number,
  shift: Curve,
): Curve {
  const leftBorder: Points = [
    [0, 26],
    [35, 27],
    [56, 29],
    [66, 35 + 3 * knob],
    [76, 36 + 5 * knob],
    [87, 33 + 2 * knob],
    [97, 35],
    [112, 39],
    [130, 43],
    [152, 55],
    [176, 71],
    [198, 82],
    [216, 88],
    [238, 90],
    [270, 86],
    [lowestLevel, 80],
  ]
  const points = sign < 0 ? rightBorder : leftBorder
  const curve = smoothCurve(
    points.map(([at, value]) => {
      const cardiac = at > 115 ? heart : 1
      return [at * height, value * width * cardiac] as const
    }),
  )
  return (level) => {
    const border = curve(level) + sign * shift(level)
    // Over the first centimetres the medial border rounds up into the apex.
    if (level >= 18 * height) return border
    const t = Math.sqrt(Math.max(0, level) / (18 * height))
    return 47 * width + (border - 47 * width) * t
  }
}

function skinCurve(width: number, female: boolean, fat: number): Curve {
  const waist = female ? 6 : 0
  return scaledCurve(
    [
      [-70, 50 + fat],
      [-20, 62 + fat],
      [10, 112 + fat],
      [45, 148 + fat],
      [90, 164 + fat],
      [150, 164 + fat],
      [210, 161 + fat],
      [280, 157 + fat - waist],
      [lowestLevel, 152 + fat - waist],
    ],
    1,
    width,
  )
}
