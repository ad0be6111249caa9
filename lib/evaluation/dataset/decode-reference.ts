import { decodeRunLength } from '../../screening/finding/run-length.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { ImageSize } from '../../screening/kernel/geometry.ts'

/** The grid of the reference's run lengths: the image's own, or one for all (SIIM-ACR: 1024 × 1024). */
export type ReferenceGrid = ImageSize | 'image'

/** In the relative form a start is a gap: gaps that grow by a whole run each time, five times over, draw no mask. */
const telltaleRuns = 5

function startsAreAbsolute(code: string): boolean {
  const numbers = code.trim().split(/\s+/).map(Number)
  if (numbers.length < 2 * telltaleRuns) return false
  for (let at = 2; at < numbers.length; at += 2) {
    if (!(numbers[at] >= numbers[at - 2] + numbers[at - 1])) return false
  }
  return true
}

/** All readers' masks of one image, joined. @throws {ConfigurationError} when a code is malformed, runs beyond the grid or has absolute starts */
export function decodeReference(key: string, codes: readonly string[], size: ImageSize): Uint8Array {
  const mask = new Uint8Array(size.rows * size.columns)
  for (const code of codes) {
    if (startsAreAbsolute(code)) {
      throw new ConfigurationError(
        `The run lengths of ${key} look as if their starts were absolute: each lies beyond the run before it. Here a start is counted from the end of the previous run (SIIM-ACR): subtract that end from each start.`,
      )
    }
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
