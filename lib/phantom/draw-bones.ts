import type { Anatomy, SideSign } from './anatomy.ts'
import type { ChestFrame } from './chest-frame.ts'
import { smoothStep } from './curve.ts'
import { halfOf } from './lung-field.ts'
import { cos, pi, sin } from './portable-math.ts'
import type { SeededRandom } from './seeded-random.ts'
import { hollowTube, StrokeLayer, type StrokePoint } from './stroke-layer.ts'

/** Cortical bone along the beam. Unit: mm. Shape: rows × columns. */
export function drawBones(anatomy: Anatomy, frame: ChestFrame, source: SeededRandom): Float32Array {
  const bone = new Float32Array(frame.size.rows * frame.size.columns)
  const random = source.fork('bones')
  const add = (layer: StrokeLayer): void => {
    for (let i = 0; i < bone.length; i++) bone[i] += layer.values[i] * frame.mmPerPixel
  }
  const posterior = new StrokeLayer(frame.size)
  const anterior = new StrokeLayer(frame.size)
  for (const sign of [-1, 1] as const) {
    for (let rib = 1; rib <= 11; rib++) drawRib(anatomy, frame, sign, rib, posterior, anterior, random)
  }
  add(posterior)
  add(anterior)
  const girdle = new StrokeLayer(frame.size)
  for (const sign of [-1, 1] as const) drawClavicle(anatomy, frame, sign, girdle, random)
  add(girdle)
  const blade = new StrokeLayer(frame.size)
  for (const sign of [-1, 1] as const) drawScapula(anatomy, frame, sign, blade, random)
  add(blade)
  add(drawSpine(anatomy, frame, random))
  return bone
}

/** Thin cortex around marrow: the wall is a quarter of the radius, marrow counts for a little bone. */
const ribProfile = hollowTube(0.17, 0.12)

/**
 * A rib is a tilted half ellipse about the chest: from the spine backwards and outwards, round the side, forwards and down.
 * Seen from the front its back half runs nearly level, its front half slopes to the midline and ends at the cartilage.
 */
function drawRib(
  anatomy: Anatomy,
  frame: ChestFrame,
  sign: SideSign,
  rib: number,
  posterior: StrokeLayer,
  anterior: StrokeLayer,
  random: SeededRandom,
): void {
  const half = halfOf(anatomy, sign)
  const start = -10 + (rib - 1) * anatomy.ribSpacing + random.normal(0, 0.8)
  const drop = anatomy.ribDrop * Math.min(1, 0.34 + 0.11 * rib) + random.normal(0, 2)
  const lateral = start + drop * 0.46
  const widest = rib === 1 ? 62 * anatomy.scale : half.wall(Math.max(4, lateral)) + 3
  const radius = (rib === 1 ? 5.4 : 6.4 - 0.05 * rib) * random.normal(1, 0.04)
  const back: StrokePoint[] = []
  const front: StrokePoint[] = []
  const steps = 40
  const frontEnd = rib > 10 ? 0.5 : 0.79
  for (let i = 0; i <= steps; i++) {
    const share = 0.05 + (frontEnd - 0.05) * (i / steps)
    const angle = share * pi
    const u = 14 + (widest - 14) * sin(angle)
    const fall = (1 - cos(angle)) / 2
    // Posterior ribs first rise a little from the neck of the rib, then fall.
    const level = start + drop * fall - 5 * sin(Math.min(pi, 2.2 * angle)) * (rib > 2 ? 1 : 0.4)
    // At the side the beam runs along the rib.
    const along = 1 + 0.35 * smoothStep(0.8, 1, sin(angle))
    // The neck of the rib is slim, and hidden among vertebrae.
    const neck = smoothStep(0.07, 0.16, share)
    // The two halves are one bone: at the side the back one hands over to the front one.
    const turn = smoothStep(0.47, 0.53, share)
    if (share <= 0.53)
      back.push(frame.point(sign * u, level, radius * (0.7 + 0.3 * neck), along * (0.2 + 0.8 * neck) * (1 - turn)))
    if (share >= 0.47) {
      const fade = share > frontEnd - 0.06 ? Math.max(0.25, (frontEnd - share) / 0.06) : 1
      front.push(frame.point(sign * u, level, radius * (1 + 0.35 * (share - 0.5)), along * 0.55 * fade * turn))
    }
  }
  posterior.draw(back, ribProfile)
  if (rib <= 10) anterior.draw(front, ribProfile)
}

function drawClavicle(
  anatomy: Anatomy,
  frame: ChestFrame,
  sign: SideSign,
  layer: StrokeLayer,
  random: SeededRandom,
): void {
  const s = anatomy.scale
  // Upright the clavicles cross the apices; supine they ride higher.
  const base = (anatomy.supine ? 12 : 31) + random.normal(0, 4)
  const rise = anatomy.supine ? 28 : 26
  const points: StrokePoint[] = []
  for (let i = 0; i <= 30; i++) {
    const t = i / 30
    const u = (20 + 138 * t) * s
    const level = base - rise * t + 7 * sin(t * 2 * pi) - 4 * sin(t * pi)
    const radius = 6 + 1.2 * (t < 0.12 ? 1 - t / 0.12 : 0) + 1.4 * (t > 0.75 ? (t - 0.75) / 0.25 : 0)
    points.push(frame.point(sign * u, level, radius, 0.4 + 0.5 * smoothStep(0, 0.3, t)))
  }
  layer.draw(points, hollowTube(0.3, 0.25))
}

function drawScapula(
  anatomy: Anatomy,
  frame: ChestFrame,
  sign: SideSign,
  layer: StrokeLayer,
  random: SeededRandom,
): void {
  const s = anatomy.scale
  // Rolled forwards in PA views, the blades leave the lungs; in AP views they lie over them.
  const out = (anatomy.supine ? 0 : 22) + random.normal(0, 4)
  const at = (u: number, level: number, radius: number, weight: number): StrokePoint =>
    frame.point(sign * (u * s + out), level, radius, weight)
  const plate = hollowTube(0.25, 0.2)
  layer.draw([at(104, 18, 2.5, 0.7), at(101, 60, 2.2, 0.7), at(106, 110, 2.4, 0.6), at(114, 146, 3.4, 0.5)], plate)
  layer.draw([at(114, 146, 3.4, 0.5), at(125, 104, 4.2, 0.55), at(139, 60, 5, 0.6), at(147, 36, 8, 0.6)], plate)
  layer.draw([at(104, 18, 2, 0.5), at(124, 6, 2.4, 0.6), at(140, 10, 4, 0.8)], plate)
  layer.draw([at(106, 44, 3, 0.7), at(130, 22, 5, 0.8), at(152, 0, 6.5, 0.9), at(164, -4, 6, 0.8)], plate)
  layer.draw([at(138, 14, 5, 0.8), at(146, 16, 4.4, 0.8), at(143, 26, 4, 0.7)], plate)
  // The blade itself is a thin sheet.
  layer.draw([at(120, 40, 17, 0.06), at(116, 92, 10, 0.06), at(115, 130, 5, 0.06)], (distance, radius) =>
    distance < radius ? 2 * radius : 0,
  )
  const head: StrokePoint[] = [
    frame.point(sign * (164 * s + out * 0.4), 26, 23, 0.5),
    frame.point(sign * (168 * s + out * 0.4), 38, 21, 0.5),
  ]
  layer.draw(head, hollowTube(0.07, 0.28))
  const shaft = anatomy.supine
    ? [
        frame.point(sign * 172 * s, 52, 13, 0.5),
        frame.point(sign * 196 * s, 160, 11, 0.5),
        frame.point(sign * 208 * s, 330, 11, 0.5),
      ]
    : [
        frame.point(sign * 186 * s, 46, 13, 0.5),
        frame.point(sign * 232 * s, 82, 11, 0.5),
        frame.point(sign * 300 * s, 160, 11, 0.5),
      ]
  layer.draw(shaft, hollowTube(0.36, 0.12))
}

/** Vertebral bodies with end plates, pedicles and spinous processes, wider and taller downwards. */
function drawSpine(anatomy: Anatomy, frame: ChestFrame, random: SeededRandom): StrokeLayer {
  const outline = new StrokeLayer(frame.size)
  const bodies = new StrokeLayer(frame.size)
  const bend = random.normal(0, 3)
  for (let vertebra = -5; vertebra <= 15; vertebra++) {
    const level = -14 + vertebra * anatomy.ribSpacing + 0.12 * vertebra * vertebra
    const height = anatomy.ribSpacing * 0.4
    const width = Math.max(11, 13.5 + 0.55 * vertebra) * anatomy.scale
    const x = bend * sin(level / 90) + random.normal(0, 0.4)
    const box = (share: number): StrokePoint[] =>
      [
        [-1, -1],
        [-0.84, 0],
        [-1, 1],
        [1, 1],
        [0.84, 0],
        [1, -1],
        [-1, -1],
      ].map(([h, v]) => frame.point(x + h * width * share, level + v * height * share, 1.5, 0.8))
    outline.draw(box(1))
    // The body: spongy bone.
    bodies.draw(
      [frame.point(x - width + height, level, height), frame.point(x + width - height, level, height)],
      (distance, radius) => (distance < radius ? 3 / frame.mmPerPixel : 0),
    )
    for (const sign of [-1, 1]) {
      outline.draw(
        [
          frame.point(x + sign * width * 0.62, level - 3.6, 3, 0.45),
          frame.point(x + sign * width * 0.62, level - 0.6, 3, 0.45),
        ],
        hollowTube(0.35, 0.3),
      )
      outline.draw([
        frame.point(x + sign * width * 0.7, level - 2, 4, 0.32),
        frame.point(x + sign * (width + 14), level - 5, 3.2, 0.2),
      ])
    }
    outline.draw([frame.point(x, level + 2, 2, 0.9), frame.point(x + random.normal(0, 1), level + 10, 3, 0.8)])
  }
  for (let i = 0; i < outline.values.length; i++) outline.values[i] += bodies.values[i]
  return outline
}
