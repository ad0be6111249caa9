import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import type { ImageSize } from '../../screening/kernel/geometry.ts'

/** Shape: rows × columns, 0 outside, 1 inside. */
export interface Mask extends ImageSize {
  readonly pixels: Uint8Array
}

/** mask.png of a suspected image; null when there is none. @throws when it is not a picture */
export async function readMask(folder: string, imageId: string): Promise<Mask | null> {
  const bytes = await readFile(join(folder, imageId, 'mask.png')).catch(() => null)
  if (!bytes) return null
  const { data: values, info: shape } = await sharp(bytes).extractChannel(0).raw().toBuffer({ resolveWithObject: true })
  const pixels = new Uint8Array(values.length)
  for (let pixel = 0; pixel < values.length; pixel++) pixels[pixel] = values[pixel] >> 7
  return { rows: shape.height, columns: shape.width, pixels }
}

/** The mask on another grid: each pixel takes the one under its centre. */
export function regridMask(mask: Mask, size: ImageSize): Mask {
  if (mask.rows === size.rows && mask.columns === size.columns) return mask
  const pixels = new Uint8Array(size.rows * size.columns)
  const columnOf = Int32Array.from({ length: size.columns }, (_, column) =>
    Math.floor(((column + 0.5) * mask.columns) / size.columns),
  )
  for (let row = 0; row < size.rows; row++) {
    const from = Math.floor(((row + 0.5) * mask.rows) / size.rows) * mask.columns
    for (let column = 0; column < size.columns; column++) {
      pixels[row * size.columns + column] = mask.pixels[from + columnOf[column]]
    }
  }
  return { ...size, pixels }
}
