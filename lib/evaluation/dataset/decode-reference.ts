import { decodeRunLength } from '../../screening/finding/run-length.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { ImageSize } from '../../screening/kernel/geometry.ts'

/** The grid of the reference's run lengths: the image's own, or one for all (SIIM-ACR: 1024 × 1024). */
export type ReferenceGrid = ImageSize | 'image'

/** All readers' masks of one image, joined. @throws {ConfigurationError} when a code is malformed or runs beyond the grid */
export function decodeReference(key: string, codes: readonly string[], size: ImageSize): Uint8Array {
  const mask = new Uint8Array(size.rows * size.columns)
  for (const code of codes) {
    try {
      const one = decodeRunLength(code, size)
      for (let pixel = 0; pixel < mask.length; pixel++) mask[pixel] |= one[pixel]
    } catch (cause) {
      throw new ConfigurationError(
        `The run lengths of ${key} cannot be read on ${size.rows} × ${size.columns} pixels: ${(cause as Error).message}. If they were written on another grid, say which, for example --rle-shape 1024x1024.`,
        { cause },
      )
    }
  }
  return mask
}
