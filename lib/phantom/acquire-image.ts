import type { ImageSize } from '../screening/kernel/geometry.ts'
import { exp, log } from './portable-math.ts'
import type { SeededRandom } from './seeded-random.ts'
import { blur, normalLike, readShrunken, shrink } from './smooth-noise.ts'

export interface AcquisitionSettings {
  readonly mmPerPixel: number
  /** Scattered over primary radiation behind the grid, on average. */
  readonly scatterRatio: number
  /** Standard deviation of the quantum noise behind air, in the log domain. */
  readonly noise: number
  /** How much the processing lifts detail over large-scale contrast. */
  readonly detailGain: number
}

/**
 * What detector and processing make of line integrals: scatter, unsharpness, quantum noise, then the vendor's contrast.
 * @param integrals attenuation along the beam, μ·thickness. Shape: rows × columns
 * @returns presentation values. Range: 0 … 4095, bright where attenuation is high
 */
export function acquireImage(
  integrals: Float32Array,
  size: ImageSize,
  settings: AcquisitionSettings,
  source: SeededRandom,
): Uint16Array {
  const { rows, columns } = size
  const random = source.fork('noise')
  const intensity = integrals.map((value) => exp(-value))
  const factor = Math.max(1, Math.round(6 / settings.mmPerPixel))
  const small = shrink(intensity, size, factor)
  // Scatter spreads over several centimetres: it veils the dense parts with light from the lungs.
  const scatter = { ...small, values: blur(small.values, small.size, 45 / settings.mmPerPixel / factor) }
  const noise = new Float32Array(rows * columns)
  for (let i = 0; i < noise.length; i++) noise[i] = normalLike(random)
  const image = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column
      const total = intensity[i] + settings.scatterRatio * readShrunken(scatter, factor, row, column)
      // Poisson: the relative deviation is one over the root of the count.
      const counted = total + settings.noise * Math.sqrt(total) * noise[i]
      image[i] = -log(Math.max(1e-4, counted))
    }
  }
  const sharp = blur(image, size, 0.28 / settings.mmPerPixel)
  return present(sharp, size, settings, factor)
}

/** Detail lifted over the local mean, then a curve that spends the grey levels on the chest. */
function present(image: Float32Array, size: ImageSize, settings: AcquisitionSettings, factor: number): Uint16Array {
  const { rows, columns } = size
  const small = shrink(image, size, factor)
  const local = { ...small, values: blur(small.values, small.size, 14 / settings.mmPerPixel / factor) }
  const [dark, bright] = greyRange(small.values)
  const values = new Uint16Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column
      const mean = readShrunken(local, factor, row, column)
      const lifted = image[i] + settings.detailGain * (image[i] - mean)
      const t = (lifted - dark) / (bright - dark)
      // A film's characteristic: toe and shoulder.
      const grey = 1 / (1 + exp(-4.6 * (t - 0.5)))
      const stretched = (grey - 0.075) / 0.865
      values[i] = Math.max(0, Math.min(4095, Math.round(stretched * 4095)))
    }
  }
  return values
}

/** The levels that become dark and bright: percentiles of what is not bare air. */
function greyRange(values: Float32Array): [number, number] {
  const body = values.filter((value) => value > 0.45).sort()
  const at = (share: number): number => body[Math.min(body.length - 1, Math.floor(share * body.length))] ?? 1
  return [at(0.02) - 0.15, at(0.97) + 0.4]
}
