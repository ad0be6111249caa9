import type { Anatomy } from './anatomy.ts'
import type { ChestFrame } from './chest-frame.ts'
import { smoothStep } from './curve.ts'
import { cavityDepth, domeLevel, halfOf, lungMargin, lungShare } from './lung-field.ts'
import type { PleuralSpaces } from './pleural-space.ts'
import { StrokeLayer } from './stroke-layer.ts'

/** Everything of the chest that is water or air, as thicknesses along the beam. Shape of each: rows × columns. */
export interface SoftTissue {
  /** Tissue equivalent to water. Unit: mm. */
  readonly water: Float32Array
  /** Depth of aerated lung along the beam, less where heart or dome hide it: where vessels and texture are. Unit: mm. */
  readonly lung: Float32Array
  /** 1 where free air lies in the projected lung field. */
  readonly mask: Uint8Array
}

/** The lung is thin at its edge; this far inside the visceral pleura it reaches its full depth. Unit: mm. */
const roundingMm = 34

export function paintSoftTissue(anatomy: Anatomy, frame: ChestFrame, spaces: PleuralSpaces): SoftTissue {
  const { rows, columns } = frame.size
  const { a, b, c, d, e, f } = frame.toChest
  const limbs = drawLimbs(anatomy, frame)
  const water = new Float32Array(rows * columns)
  const lung = new Float32Array(rows * columns)
  const mask = new Uint8Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const index = row * columns + column
      const x = a * column + b * row + c
      const y = d * column + e * row + f
      let thickness = torsoDepth(anatomy, x, y)
      const limb = limbs.values[index] * frame.mmPerPixel
      // A fourth-power mean joins trunk and limbs without a crease.
      if (limb > 0) {
        const t = thickness * thickness
        const l = limb * limb
        thickness = Math.sqrt(Math.sqrt(t * t + l * l))
      }
      thickness += breastDepth(anatomy, x, y)
      if (y > 0 && y < 330) {
        const sign = x < 0 ? -1 : 1
        const half = halfOf(anatomy, sign)
        const u = sign * x
        const depth = cavityDepth(anatomy, half, u, y)
        if (depth > 0) {
          const space = sign < 0 ? spaces.right : spaces.left
          const share = lungShare(half, u, y)
          const air = Math.min(depth * share, thickness * 0.86)
          const place = space.locate(u, y)
          let aerated = air
          // The same tissue in less volume.
          const density = anatomy.lungDensity * (1 + 0.75 * space.collapse)
          // Behind heart and mediastinum the lung is held by its root and ligament.
          const clear = u - half.silhouette(y)
          if (place.gap > 0.5 && clear > 0) {
            const standsOff = Math.min(1, place.gap / 7)
            const ramp = place.inside <= 0 ? 0 : Math.sqrt(Math.min(1, place.inside / roundingMm))
            const cover = place.inside <= 0 ? 0 : 1 - standsOff * (1 - ramp)
            aerated = air * (place.inside <= 0 ? 1 - smoothStep(0, 2, place.gap) : cover)
            const under = Math.max(0, y - domeLevel(half, u, half.wall(y)))
            aerated = air + (aerated - air) * smoothStep(0, 2.5 + 2 * under, clear)
            if (place.inside < 0 && place.gap > 1.5 && lungMargin(half, u, y) > 0) mask[index] = 1
          }
          water[index] = -air + density * aerated
          lung[index] = aerated * share
        }
        if (sign > 0) thickness -= stomachBubble(anatomy, x, y) * anatomy.bubble
      }
      water[index] += thickness
    }
  }
  return { water, lung, mask }
}

function torsoDepth(anatomy: Anatomy, x: number, y: number): number {
  const half = anatomy.skin(y)
  const f = Math.abs(x) / half
  if (f >= 1 || y < -70) return 0
  // Shoulders: the trunk fades in below the neck.
  const shoulder = smoothStep(-60, 10, y)
  return anatomy.bodyDepth(y) * shoulder * Math.sqrt(1 - f * f * f * f * f * f)
}

/** Neck, trapezius, shoulders and arms as tapering tubes. */
function drawLimbs(anatomy: Anatomy, frame: ChestFrame): StrokeLayer {
  const layer = new StrokeLayer(frame.size)
  const s = anatomy.scale
  layer.draw([frame.point(0, -190, 62, 1.2), frame.point(0, -70, 56, 1.2), frame.point(0, 10, 58, 1.2)])
  for (const sign of [-1, 1]) {
    const arm = anatomy.supine
      ? [
          frame.point(sign * 172 * s, 30, 48, 1.5),
          frame.point(sign * 196 * s, 120, 43),
          frame.point(sign * 212 * s, 250, 38),
          frame.point(sign * 214 * s, 420, 34),
        ]
      : [
          frame.point(sign * 168 * s, 26, 48, 1.5),
          frame.point(sign * 212 * s, 62, 46, 1.2),
          frame.point(sign * 250 * s, 104, 42),
          frame.point(sign * 310 * s, 190, 38),
        ]
    layer.draw([
      frame.point(sign * 8, -62, 50, 1.2),
      frame.point(sign * 60 * s, -20, 44, 1.5),
      frame.point(sign * 120 * s, 6, 46, 1.6),
      arm[0],
    ])
    layer.draw(arm)
  }
  return layer
}

/** Thickness that a breast adds: a flat dome with a rounder lower border. */
function breastDepth(anatomy: Anatomy, x: number, y: number): number {
  if (anatomy.breastDepth === 0) return 0
  const dx = (Math.abs(x) - 84 * anatomy.scale) / (68 * anatomy.scale)
  const low = y - 192 * anatomy.scale
  const dy = low > 0 ? low / 44 : low / 92
  const q = dx * dx + dy * dy
  return q < 1 ? anatomy.breastDepth * Math.sqrt(1 - q) * (1 - q * 0.3) : 0
}

/** Gas under the left dome; upright, with a level. */
function stomachBubble(anatomy: Anatomy, x: number, y: number): number {
  const half = anatomy.left
  const centreX = half.domeCentre + 4
  const top = domeLevel(half, centreX, half.wall(y)) + 9
  const dx = (x - centreX) / (24 + 9 * anatomy.bubble)
  const dy = (y - top - 20) / (14 + 7 * anatomy.bubble)
  const q = dx * dx + dy * dy
  if (q >= 1) return 0
  const level = anatomy.supine ? 1 : 1 - smoothStep(0.38, 0.46, dy)
  return 34 * Math.sqrt(1 - q) * level
}
