import { decodeRunLength } from '../../screening/finding/run-length.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { ImageSize } from '../../screening/kernel/geometry.ts'
import { absoluteStartsRemedy, areAbsolute, countSteps } from './absolute-starts.ts'

/** The grid of the reference's run lengths: the image's own, or one for all (SIIM-ACR: 1024 × 1024). */
export type ReferenceGrid = ImageSize | 'image'

/** Of one code; a table is told by fewer in all. */
const telltaleSteps = 4

/** All readers' masks of one image, joined. @throws {ConfigurationError} when a code is malformed, runs beyond the grid or has absolute starts */
export function decodeReference(key: string, codes: readonly string[], size: ImageSize): Uint8Array {
  const mask = new Uint8Array(size.rows * size.columns)
  for (const code of codes) {
    const steps = countSteps(code)
    if (areAbsolute(steps, telltaleSteps)) {
      throw new ConfigurationError(
        `The run lengths of ${key} look as if their starts were absolute: each lies beyond the run before it. ${absoluteStartsRemedy}`,
      )
    }
    try {
      const one = decodeRunLength(code, size)
      for (let pixel = 0; pixel < mask.length; pixel++) mask[pixel] |= one[pixel]
    } catch (cause) {
      throw new ConfigurationError(
        `The run lengths of ${key} cannot be read on ${size.rows} × ${size.columns} pixels: ${(cause as Error).message}. If they were written on another grid, say which, for example --rle-shape 1024x1024.${areAbsolute(steps, 1) ? ` Or are their starts absolute? ${absoluteStartsRemedy}` : ''}`,
        { cause },
      )
    }
  }
  return mask
}
