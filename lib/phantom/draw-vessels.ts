import type { Anatomy, HalfChest, SideSign } from './anatomy.ts'
import type { ChestFrame } from './chest-frame.ts'
import { halfOf, lungMargin } from './lung-field.ts'
import type { PleuralSpace, PleuralSpaces } from './pleural-space.ts'
import { cos, pi, sin } from './portable-math.ts'
import type { SeededRandom } from './seeded-random.ts'
import { StrokeLayer, type StrokePoint } from './stroke-layer.ts'

/**
 * Blood along the beam from the pulmonary vessels. Unit: mm. Shape: rows × columns.
 * Trees grow from the hilum of the expanded lung and are carried inwards with it, so that none crosses the visceral pleura.
 */
export function drawVessels(
  anatomy: Anatomy,
  frame: ChestFrame,
  spaces: PleuralSpaces,
  source: SeededRandom,
): Float32Array {
  const blood = new Float32Array(frame.size.rows * frame.size.columns)
  const random = source.fork('vessels')
  // Arteries and veins, in front of and behind each other: the layers add up.
  for (let depth = 0; depth < 5; depth++) {
    const layer = new StrokeLayer(frame.size)
    for (const sign of [-1, 1] as const) {
      const space = sign < 0 ? spaces.right : spaces.left
      growLung(anatomy, frame, sign, space, layer, random, depth)
    }
    for (let i = 0; i < blood.length; i++) blood[i] += layer.values[i] * frame.mmPerPixel
  }
  return blood
}

interface Tree {
  readonly half: HalfChest
  readonly sign: SideSign
  readonly space: PleuralSpace
  readonly frame: ChestFrame
  readonly layer: StrokeLayer
  readonly random: SeededRandom
}

function growLung(
  anatomy: Anatomy,
  frame: ChestFrame,
  sign: SideSign,
  space: PleuralSpace,
  layer: StrokeLayer,
  random: SeededRandom,
  depth: number,
): void {
  const half = halfOf(anatomy, sign)
  const tree: Tree = { half, sign, space, frame, layer, random }
  const [u, level] = space.hilum
  const stems = 8
  for (let i = 0; i < stems; i++) {
    const angle = -1.5 + (3.05 * (i + random.uniform(0.15, 0.85))) / stems
    // Upright, the lower vessels carry more blood; supine, all the same.
    const gravity = anatomy.supine ? 1 : 0.82 + 0.34 * ((angle + 1.5) / 3)
    const radius = (depth === 0 ? 3.2 : 2.6) * gravity * random.uniform(0.85, 1.15)
    grow(tree, u - 8 + random.normal(0, 7), level + 18 * sin(angle) + random.normal(0, 8), angle, radius, 0)
  }
  if (depth === 0) {
    // The descending pulmonary artery makes the lower hilum.
    grow(tree, u - 4, level - 8, 1.2, 6.4, 0)
    grow(tree, u - 12, level - 4, -0.6, 5.6, 0)
  }
}

/** Thinnest vessel drawn. Unit: mm. */
const thinnest = 0.24

function grow(tree: Tree, u: number, level: number, direction: number, radius: number, generation: number): void {
  const { random, space, frame, sign, half } = tree
  const length = (9 + 5 * radius) * random.uniform(0.75, 1.25)
  const steps = Math.max(3, Math.round(length / 4))
  const stride = length / steps
  const points: StrokePoint[] = []
  let angle = direction
  let x = u
  let y = level
  const endRadius = radius * 0.86
  for (let i = 0; i <= steps; i++) {
    const r = radius + (endRadius - radius) * (i / steps)
    const [px, py] = space.displace(x, y)
    // Towards the pleura the vessels run out.
    const margin = generation < 2 ? 30 : lungMargin(half, x, y)
    if (margin < 5) break
    points.push(frame.point(sign * px, py, r * Math.min(1, (margin + 6) / 26)))
    angle += random.normal(0, 0.15)
    x += stride * cos(angle)
    y += stride * sin(angle)
  }
  tree.layer.draw(points)
  if (points.length <= steps || endRadius < thinnest || generation > 8) return
  // Murray's law: the cubes of the daughters' radii add up to the parent's.
  const share = random.uniform(0.35, 0.65)
  const first = endRadius * Math.max(0.55, 1 - 0.42 * share)
  const second = endRadius * Math.max(0.55, 1 - 0.42 * (1 - share))
  const spread = random.uniform(0.34, 0.85)
  const turn = random.chance(0.5) ? 1 : -1
  // Branches keep turning away from the hilum.
  const outwards = Math.max(-0.5, Math.min(0.5, turnTowards(angle, tree, x, y))) * 0.35
  grow(tree, x, y, angle + outwards + turn * spread * share, first, generation + 1)
  grow(tree, x, y, angle + outwards - turn * spread * (1.25 - share), second, generation + 1)
}

/** The turn from the present direction to the one that leads straight away from the hilum. */
function turnTowards(angle: number, tree: Tree, x: number, y: number): number {
  const dx = x - tree.space.hilum[0]
  const dy = y - tree.space.hilum[1]
  const cross = cos(angle) * dy - sin(angle) * dx
  const distance = Math.sqrt(dx * dx + dy * dy)
  return distance > 1 ? (cross / distance) * (pi / 2) : 0
}
