import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '../../adapters/embedded/make-folder.ts'
import type { ImageSize } from '../../screening/kernel/geometry.ts'
import type { GreyImage } from '../../screening/kernel/grey-image.ts'
import type { PixelCodecs } from '../../screening/kernel/ports.ts'
import { resample } from '../../screening/prepared-image/resample.ts'

/** `<size>/images/<name>.png`, relative to the data set. */
export const imagePath = (size: number, name: string): string => `${size}/images/${name}.png`
export const maskPath = (size: number, name: string): string => `${size}/masks/${name}.png`

/** Long side as asked, aspect kept. */
export function scaledTo(longSide: number, { rows, columns }: ImageSize): ImageSize {
  const scale = longSide / Math.max(rows, columns)
  return { rows: Math.max(1, Math.round(rows * scale)), columns: Math.max(1, Math.round(columns * scale)) }
}

/**
 * Writes a picture and its mask with each long side. Pictures are resampled as the models' inputs are: area
 * averaging where they shrink, bilinear where they grow. A pixel of a mask is set when at least half of it is.
 * @param mask null: none to write. Shape: rows × columns of its own grid, 0 outside, 1 inside
 */
export async function writeTrainingImage(
  folder: string,
  name: string,
  picture: GreyImage,
  mask: (ImageSize & { readonly pixels: Uint8Array }) | null,
  longSides: readonly number[],
  codecs: PixelCodecs,
): Promise<void> {
  for (const longSide of longSides) {
    const size = scaledTo(longSide, picture)
    const grey = Uint8Array.from(resample(picture.pixels, picture, size), Math.round)
    await writePng(join(folder, imagePath(longSide, name)), { ...size, pixels: grey }, codecs)
    if (!mask) continue
    const covered = resample(mask.pixels, mask, size)
    const inside = Uint8Array.from(covered, (share) => (share >= 0.5 ? 255 : 0))
    await writePng(join(folder, maskPath(longSide, name)), { ...size, pixels: inside }, codecs)
  }
}

async function writePng(path: string, image: GreyImage, codecs: PixelCodecs): Promise<void> {
  await makeFolder(dirname(path))
  await writeFile(path, await codecs.encodeGreyPng(image))
}
