import type { Anatomy, HalfChest, SideSign } from './anatomy.ts'
import { smoothStep } from './curve.ts'
import { power } from './portable-math.ts'

/** Level of the diaphragm dome at a distance from the midline; falls away to the wall and to the heart. Unit: mm. */
export function domeLevel(half: HalfChest, u: number, wall: number): number {
  if (u >= half.domeCentre) {
    const t = (u - half.domeCentre) / Math.max(10, wall - half.domeCentre)
    return half.domeTop + half.lateralFall * t * t * Math.sqrt(Math.min(1.2, t))
  }
  const t = (half.domeCentre - u) / half.domeCentre
  return half.domeTop + half.medialFall * t * t
}

/**
 * How far inside the projected lung field a point lies: positive inside, about the distance to the nearest border. Unit: mm.
 * The field is what a reader sees as lung: chest wall, mediastinal border, diaphragm.
 */
export function lungMargin(half: HalfChest, u: number, level: number): number {
  if (level <= 0) return level
  const wall = half.wall(level)
  const lateral = wall - u
  const medial = u - half.silhouette(level)
  const below = domeLevel(half, u, wall) - level
  return Math.min(lateral, medial, below)
}

/** Depth of the chest cavity along the beam, as if heart and diaphragm were not there. Unit: mm. */
export function cavityDepth(anatomy: Anatomy, half: HalfChest, u: number, level: number): number {
  if (level <= 0) return 0
  const f = Math.abs(u) / half.wall(level)
  if (f >= 1) return 0
  return anatomy.lungDepth(level) * Math.sqrt(1 - f * f * Math.sqrt(f))
}

/** Share of the cavity's depth that is lung: all of it in the field, what lies behind heart and dome elsewhere. */
export function lungShare(half: HalfChest, u: number, level: number): number {
  const wall = half.wall(level)
  const inHeart = half.silhouette(level) - u
  const inDome = level - domeLevel(half, Math.max(0, u), wall)
  let share = 1
  if (inHeart > 0) {
    // The heart is round: the chord grows with the square root of the distance from its border.
    // Behind the heart lung remains; beside the great vessels there is little, towards the spine none.
    const solid = 0.82 - 0.24 * smoothStep(110, 160, level)
    share *= Math.max(0, 1 - solid * Math.sqrt(Math.min(1, inHeart / 22)))
    share *= smoothStep(8, 40, u)
  }
  if (inDome > 0) {
    const recess = Math.max(0, 1 - inDome / 55)
    share *= (1 - Math.sqrt(Math.min(1, inDome / 9))) * 0.65 + 0.35 * power(recess, 2)
  }
  return share
}

export function halfOf(anatomy: Anatomy, sign: SideSign): HalfChest {
  return sign < 0 ? anatomy.right : anatomy.left
}
