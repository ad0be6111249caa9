import type { ImageSize } from '../screening/kernel/geometry.ts'

/** A point of a stroke. Unit: pixels, pixel centres at integers; `radius` half the width there. */
export interface StrokePoint {
  readonly x: number
  readonly y: number
  readonly radius: number
  /** Factor on what the stroke adds at this point; 1 unless told. */
  readonly weight?: number
}

/** Thickness that a ray meets across a tube, from the distance to its axis: d and radius in the same unit. */
export type TubeProfile = (distance: number, radius: number) => number

/** Chord of a solid cylinder: vessels, arms, the neck. */
export function solidTube(distance: number, radius: number): number {
  const q = radius * radius - distance * distance
  return q > 0 ? 2 * Math.sqrt(q) : 0
}

/** Chord of a pipe with a wall of `share` of the radius: bones and drains show bright edges for this reason. */
export function hollowTube(share: number, filling: number): TubeProfile {
  return (distance, radius) => {
    const inner = solidTube(distance, radius * (1 - share))
    return solidTube(distance, radius) - inner * (1 - filling)
  }
}

/**
 * A layer of tubes, joined by the larger thickness where they meet, so that branches leave no beads.
 * The values are thicknesses. Unit: pixels. Shape: rows × columns.
 */
export class StrokeLayer {
  readonly values: Float32Array
  readonly size: ImageSize
  /** Of the stroke being drawn: square of distance over radius, then radius and weight there. */
  readonly #nearest: Float32Array
  readonly #radius: Float32Array
  readonly #weight: Float32Array

  constructor(size: ImageSize) {
    this.size = size
    const length = size.rows * size.columns
    this.values = new Float32Array(length)
    this.#nearest = new Float32Array(length).fill(1)
    this.#radius = new Float32Array(length)
    this.#weight = new Float32Array(length)
  }

  /** Draws a tapering tube through the points. Every pixel belongs to the part of the axis it is nearest to. */
  draw(points: readonly StrokePoint[], profile: TubeProfile = solidTube): void {
    const { rows, columns } = this.size
    let top = rows
    let bottom = -1
    let left = columns
    let right = -1
    for (let i = 0; i + 1 < points.length; i++) {
      const box = this.#measure(points[i], points[i + 1])
      top = Math.min(top, box.top)
      bottom = Math.max(bottom, box.bottom)
      left = Math.min(left, box.left)
      right = Math.max(right, box.right)
    }
    for (let row = top; row <= bottom; row++) {
      for (let index = row * columns + left; index <= row * columns + right; index++) {
        const nearest = this.#nearest[index]
        if (nearest >= 1) continue
        const radius = this.#radius[index]
        const value = profile(Math.sqrt(nearest) * radius, radius) * this.#weight[index]
        if (value > this.values[index]) this.values[index] = value
        this.#nearest[index] = 1
      }
    }
  }

  #measure(from: StrokePoint, to: StrokePoint): { top: number; bottom: number; left: number; right: number } {
    const { rows, columns } = this.size
    const reach = Math.max(from.radius, to.radius, smallestRadius) + 1
    const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach))
    const right = Math.min(columns - 1, Math.ceil(Math.max(from.x, to.x) + reach))
    const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach))
    const bottom = Math.min(rows - 1, Math.ceil(Math.max(from.y, to.y) + reach))
    const dx = to.x - from.x
    const dy = to.y - from.y
    const lengthSquared = dx * dx + dy * dy
    const fromWeight = from.weight ?? 1
    const weightChange = (to.weight ?? 1) - fromWeight
    for (let row = top; row <= bottom; row++) {
      const py = row - from.y
      for (let column = left; column <= right; column++) {
        const px = column - from.x
        let t = lengthSquared > 0 ? (px * dx + py * dy) / lengthSquared : 0
        t = t < 0 ? 0 : t > 1 ? 1 : t
        const ex = px - t * dx
        const ey = py - t * dy
        const radius = from.radius + (to.radius - from.radius) * t
        // A tube thinner than a pixel is drawn wider and fainter: the same mass, no broken line.
        const drawn = radius < smallestRadius ? smallestRadius : radius
        const nearest = (ex * ex + ey * ey) / (drawn * drawn)
        const index = row * columns + column
        if (nearest >= this.#nearest[index]) continue
        const share = radius / drawn
        this.#nearest[index] = nearest
        this.#radius[index] = drawn
        this.#weight[index] = share * share * (fromWeight + weightChange * t)
      }
    }
    return { top, bottom, left, right }
  }
}

/** Unit: pixels. */
const smallestRadius = 0.9
