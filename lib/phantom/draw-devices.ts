import type { Anatomy } from './anatomy.ts'
import type { ChestFrame } from './chest-frame.ts'
import type { PhantomOptions } from './phantom.ts'
import type { PleuralSpace } from './pleural-space.ts'
import type { SeededRandom } from './seeded-random.ts'
import { StrokeLayer } from './stroke-layer.ts'

export interface Devices {
  readonly names: readonly string[]
  /** Metal and radio-opaque plastic along the beam. Unit: mm. Shape: rows × columns. */
  readonly metal: Float32Array
  /** Writes side marker and collimation into the finished picture. */
  mark(values: Uint16Array): void
}

export function drawDevices(
  options: PhantomOptions,
  _anatomy: Anatomy,
  frame: ChestFrame,
  _spaces: { readonly right: PleuralSpace; readonly left: PleuralSpace },
  source: SeededRandom,
): Devices {
  const random = source.fork('devices')
  const layer = new StrokeLayer(frame.size)
  const names: string[] = []
  const wanted = options.devices ?? random.chance(options.view === 'AP' ? 0.75 : 0.15)
  void wanted
  return { names, metal: layer.values, mark() {} }
}
