import type { GreyImage } from '../kernel/grey-image.ts'
import { resample } from './resample.ts'
import { type Turn, turnedSize, turnUpright } from './upright.ts'
import { uprightTemplate } from './upright-template.ts'

const { side, scale, bias, weightsBase64 } = uprightTemplate
const weights = Int8Array.from(Buffer.from(weightsBase64, 'base64'))

/**
 * Whether a picture, turned as its file says, is more like an upright frontal chest than like one that is upside down,
 * on its side or a negative. A linear classifier, good enough for a warning and not for a refusal.
 * @see docs/dicom.md, 'Gate on pixels'
 */
export function looksUpright(image: GreyImage, turn: Turn): boolean {
  const upright = turnUpright(image.pixels, image, turn)
  const pattern = standardise(resample(upright, turnedSize(image, turn), { rows: side, columns: side }))
  let logit = bias
  for (let pixel = 0; pixel < weights.length; pixel++) logit += scale * weights[pixel] * pattern[pixel]
  return logit >= 0
}

/** Mean 0, standard deviation 1. */
export function standardise(values: Float32Array): Float32Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  const deviation = Math.sqrt(variance) || 1
  return values.map((value) => (value - mean) / deviation)
}
