import type { HalfChest } from './anatomy.ts'
import { smoothStep } from './curve.ts'
import { lungMargin } from './lung-field.ts'
import type { PhantomPneumothorax } from './phantom.ts'
import { atan2, cos, pi, sin } from './portable-math.ts'
import type { SeededRandom } from './seeded-random.ts'

/**
 * Parietal and visceral pleura of one side in polar coordinates about a pole behind the hilum, where the lung is held.
 * Angles: 0 lateral, −π/2 up, π/2 down. Unit: mm, radians.
 */
export interface PleuralSpace {
  /** Where the vessels enter. */
  readonly hilum: readonly [number, number]
  /** By how much the lung has shrunk in area. Range: 0 … 1. */
  readonly collapse: number
  /** Distance from a point to the visceral pleura (negative: beyond it), and the width of the gap in its direction. */
  locate(u: number, level: number): { inside: number; gap: number }
  /** Where a point of the expanded lung lies in the collapsed one. */
  displace(u: number, level: number): readonly [number, number]
  /** The visceral pleura in steps of half a degree, with the width of the gap before it. */
  visceralLine(): readonly { readonly u: number; readonly level: number; readonly gap: number }[]
}

export interface PleuralSpaces {
  readonly right: PleuralSpace
  readonly left: PleuralSpace
}

const directions = 720

export function createPleuralSpace(
  half: HalfChest,
  pneumothorax: PhantomPneumothorax | null,
  hilumLevel: number,
  source: SeededRandom,
): PleuralSpace {
  const border = half.silhouette(hilumLevel)
  const hilum = [border + 6, hilumLevel] as const
  // The pole lies inside the mediastinum: seen from there the whole lung field is one fan, and the lung falls towards it.
  const pole = [Math.max(6, border - 22), hilumLevel] as const
  const parietal = new Float64Array(directions + 1)
  for (let k = 0; k <= directions; k++) parietal[k] = reach(half, pole, angleOf(k))
  const visceral = pneumothorax ? visceralRadii(pneumothorax, parietal, source.fork('pleura')) : parietal
  const kept = visceral.map((radius, k) => (parietal[k] > 0 ? radius / parietal[k] : 1))

  const read = (table: Float64Array, angle: number): number => {
    const position = ((angle + pi) / (2 * pi)) * directions
    const k = Math.max(0, Math.min(directions - 1, Math.floor(position)))
    return table[k] + (table[k + 1] - table[k]) * (position - k)
  }

  const area = (radii: Float64Array): number => radii.reduce((sum, radius) => sum + radius * radius, 0)

  return {
    hilum,
    collapse: 1 - area(visceral) / area(parietal),
    locate(u, level) {
      const dx = u - pole[0]
      const dy = level - pole[1]
      const radius = Math.sqrt(dx * dx + dy * dy)
      const angle = atan2(dy, dx)
      const edge = read(visceral, angle)
      return { inside: edge - radius, gap: read(parietal, angle) - edge }
    },
    displace(u, level) {
      const dx = u - pole[0]
      const dy = level - pole[1]
      const factor = read(kept, atan2(dy, dx))
      return [pole[0] + dx * factor, pole[1] + dy * factor]
    },
    visceralLine() {
      const line = []
      for (let k = 0; k <= directions; k++) {
        const angle = angleOf(k)
        line.push({
          u: pole[0] + visceral[k] * cos(angle),
          level: pole[1] + visceral[k] * sin(angle),
          gap: parietal[k] - visceral[k],
        })
      }
      return line
    },
  }
}

function angleOf(k: number): number {
  return (k / directions) * 2 * pi - pi
}

/** Distance from the pole to the far border of the lung field; 0 where there is no lung in this direction. */
function reach(half: HalfChest, pole: readonly [number, number], angle: number): number {
  const dx = cos(angle)
  const dy = sin(angle)
  const step = 4
  let inner = 320
  while (inner > 0 && lungMargin(half, pole[0] + inner * dx, pole[1] + inner * dy) <= 0) inner -= step
  if (inner === 0) return 0
  let outer = inner + step
  for (let i = 0; i < 8; i++) {
    const middle = (inner + outer) / 2
    if (lungMargin(half, pole[0] + middle * dx, pole[1] + middle * dy) > 0) inner = middle
    else outer = middle
  }
  return inner
}

/** Distance of the visceral pleura from the pole by direction, when the lung has fallen in. */
function visceralRadii(pneumothorax: PhantomPneumothorax, parietal: Float64Array, random: SeededRandom): Float64Array {
  const shape = collapseShape(pneumothorax, sulcusAngle(parietal), random)
  const phase = random.uniform(0, 2 * pi)
  const waves = random.integer(3, 5)
  const radii = parietal.map((radius, k) => {
    const angle = angleOf(k)
    const above = smoothStep(shape.from - shape.fadeFrom, shape.from, angle)
    const below = 1 - smoothStep(shape.to, shape.to + shape.fadeTo, angle)
    // The visceral pleura is not a perfect arc.
    const uneven = 1 + 0.06 * sin(waves * angle + phase)
    // However far it falls in, the lung ends as a rounded stump: no direction keeps more than the rest.
    const rest = Math.max(0, 1 - shape.stump / Math.max(1, radius))
    return radius * (1 - Math.min(0.85, Math.max(shape.depth, rest) * above * below * uneven))
  })
  return shape.rounded ? roundOff(radii, parietal) : radii
}

/** Rounds the edge of a lung that has left its sulcus; where it lies against the chest wall, it is left as it is. */
function roundOff(radii: Float64Array, parietal: Float64Array): Float64Array {
  const reachSteps = 26
  let smooth = radii
  for (let pass = 0; pass < 2; pass++) {
    const from = smooth
    smooth = from.map((_, k) => {
      let sum = 0
      for (let d = -reachSteps; d <= reachSteps; d++) sum += from[(k + d + directions) % directions]
      return sum / (2 * reachSteps + 1)
    })
  }
  return radii.map((radius, k) => {
    const free = smoothStep(4, 22, parietal[k] - radius)
    return Math.min(parietal[k], radius + (smooth[k] - radius) * free)
  })
}

interface CollapseShape {
  /** The gap is full between `from` and `to` and fades out over `fadeFrom` before and `fadeTo` after. */
  readonly from: number
  readonly to: number
  readonly fadeFrom: number
  readonly fadeTo: number
  readonly depth: number
  /** Length that no direction exceeds. Unit: mm. */
  readonly stump: number
  readonly rounded: boolean
}

/** Direction of the costophrenic angle: the farthest point below. */
function sulcusAngle(parietal: Float64Array): number {
  let farthest = directions / 2
  for (let k = directions / 2; angleOf(k) < pi / 2; k++) if (parietal[k] > parietal[farthest]) farthest = k
  return angleOf(farthest)
}

function collapseShape(pneumothorax: PhantomPneumothorax, sulcus: number, random: SeededRandom): CollapseShape {
  const { kind, extent } = pneumothorax
  const level = { small: 0, medium: 1, large: 2 }[extent]
  const vary = random.uniform(0.85, 1.15)
  switch (kind) {
    case 'apical':
      return {
        from: -1.6,
        to: -1.15 + 0.2 * level,
        fadeFrom: 0.3,
        fadeTo: 0.75 + 0.2 * level,
        depth: [0.13, 0.22, 0.34][level] * vary,
        stump: Infinity,
        rounded: false,
      }
    case 'lateral':
      return {
        from: -1.5,
        // A large one frees the base as well.
        to: [0.3, 0.3, 0.7][level],
        fadeFrom: 0.6,
        fadeTo: 0.6,
        depth: [0.12, 0.22, 0.36][level] * vary,
        stump: [Infinity, Infinity, 112][level] * vary,
        rounded: extent === 'large',
      }
    case 'basal':
      return {
        from: sulcus - 0.42,
        to: sulcus,
        fadeFrom: 0.6,
        // Beyond lies the dome: the field is nearer there, and the lung rests on it.
        fadeTo: 0.004,
        depth: [0.14, 0.22, 0.32][level] * vary,
        stump: Infinity,
        rounded: false,
      }
    case 'tension':
      return {
        from: -1.7,
        to: 1.35,
        fadeFrom: 0.4,
        fadeTo: 0.5,
        depth: [0.2, 0.28, 0.36][level] * vary,
        stump: [116, 100, 84][level] * vary,
        rounded: true,
      }
  }
}
