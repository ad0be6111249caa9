import type { Anatomy } from './anatomy.ts'
import type { ChestFrame } from './chest-frame.ts'
import { StrokeLayer } from './stroke-layer.ts'

/** Air of trachea and main bronchi along the beam. Unit: pixels. Shape: rows × columns. */
export function drawAirway(anatomy: Anatomy, frame: ChestFrame): Float32Array {
  const layer = new StrokeLayer(frame.size)
  const carina = anatomy.right.domeTop * 0.38
  const at = (x: number, level: number, radius: number) =>
    frame.point(x + anatomy.shift(level), level, radius * anatomy.scale, 0.8)
  layer.draw([at(0, -170, 8.5), at(0, -40, 8), at(-1, 20, 8), at(-3, carina - 8, 8.5)])
  // The right main bronchus is the steeper and wider one; the aortic arch presses the trachea to the right.
  layer.draw([at(-3, carina - 10, 8), at(-16, carina + 14, 6.8), at(-30, carina + 34, 5.5)])
  layer.draw([at(-3, carina - 10, 8), at(14, carina + 14, 6), at(36, carina + 32, 5)])
  return layer.values
}
