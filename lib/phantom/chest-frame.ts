import type { ImageSize } from '../screening/kernel/geometry.ts'
import { cos, sin } from './portable-math.ts'
import type { StrokePoint } from './stroke-layer.ts'

/**
 * Places the chest in the image. Chest coordinates: mm, x towards the patient's left (right in the image) from the midline,
 * y downwards from the level of the lung apices.
 */
export interface ChestFrame {
  readonly size: ImageSize
  readonly mmPerPixel: number
  /** Chest coordinates of a pixel centre: x = a·column + b·row + c, y = d·column + e·row + f. */
  readonly toChest: { a: number; b: number; c: number; d: number; e: number; f: number }
  /** A stroke point in pixels from chest coordinates. Unit of `radius`: mm. */
  point(x: number, y: number, radius: number, weight?: number): StrokePoint
}

export interface FramePlacement {
  /** Width of the shorter image side at the detector. Unit: mm. */
  readonly fieldMm: number
  /** Chest coordinates at the image centre. */
  readonly centre: readonly [number, number]
  /** Turn of the patient in the image plane, clockwise. Unit: radians. */
  readonly tilt: number
}

export function createChestFrame(size: ImageSize, placement: FramePlacement): ChestFrame {
  const mmPerPixel = placement.fieldMm / Math.min(size.rows, size.columns)
  const c = cos(placement.tilt)
  const s = sin(placement.tilt)
  const [cx, cy] = placement.centre
  const middleColumn = (size.columns - 1) / 2
  const middleRow = (size.rows - 1) / 2
  const toChest = {
    a: c * mmPerPixel,
    b: s * mmPerPixel,
    c: cx - mmPerPixel * (c * middleColumn + s * middleRow),
    d: -s * mmPerPixel,
    e: c * mmPerPixel,
    f: cy - mmPerPixel * (-s * middleColumn + c * middleRow),
  }
  return {
    size,
    mmPerPixel,
    toChest,
    point(x, y, radius, weight = 1) {
      const dx = (x - cx) / mmPerPixel
      const dy = (y - cy) / mmPerPixel
      return {
        x: middleColumn + c * dx - s * dy,
        y: middleRow + s * dx + c * dy,
        radius: radius / mmPerPixel,
        weight,
      }
    },
  }
}
