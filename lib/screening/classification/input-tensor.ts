import type { GreyImage } from '../kernel/grey-image.ts'
import type { Tensor } from '../kernel/tensor.ts'
import { resample } from '../prepared-image/resample.ts'
import { type Turn, turnedSize, turnUpright } from '../prepared-image/upright.ts'
import type { ModelInput } from './model-bundle.ts'

/**
 * What a network sees of a prepared image, exactly as the bundle declares it: turned upright, stretched to the
 * input size, scaled to 0–1, normalised per channel (grey repeated for three).
 * Shape: [1, C, H, W].
 */
export function buildInputTensor(image: GreyImage, turn: Turn, input: ModelInput): Tensor {
  const upright = turnUpright(image.pixels, image, turn)
  const grey = resample(upright, turnedSize(image, turn), input)
  const plane = input.rows * input.columns
  const values = new Float32Array(input.channels * plane)
  for (let channel = 0; channel < input.channels; channel++) {
    const scale = 1 / (255 * input.std[channel])
    const offset = input.mean[channel] / input.std[channel]
    for (let pixel = 0; pixel < plane; pixel++) values[channel * plane + pixel] = grey[pixel] * scale - offset
  }
  return { data: values, shape: [1, input.channels, input.rows, input.columns] }
}
