import sharp from 'sharp'
import type { GreyImage } from '../../screening/kernel/grey-image.ts'
import { type Mask, regridMask } from '../results/read-mask.ts'
import { palette } from './palette.ts'

export interface ContouredMask {
  readonly mask: Mask
  readonly colour: string
}

/** The colours of contours on a radiograph. */
export const contourColours = { reference: palette.sky, predicted: palette.orange } as const

/** A small picture with the outlines of masks, as a data URI. Unit of `longSide`: pixels. */
export async function contourThumbnail(
  image: GreyImage,
  masks: readonly ContouredMask[],
  longSide = 300,
): Promise<{ uri: string; rows: number; columns: number }> {
  const scale = longSide / Math.max(image.rows, image.columns)
  const rows = Math.max(1, Math.round(image.rows * scale))
  const columns = Math.max(1, Math.round(image.columns * scale))
  const rgb = await sharp(image.pixels, { raw: { width: image.columns, height: image.rows, channels: 1 } })
    .resize(columns, rows, { fit: 'fill' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer()
  for (const { mask, colour } of masks) paintOutline(rgb, regridMask(mask, { rows, columns }), parseColour(colour))
  const jpeg = await sharp(rgb, { raw: { width: columns, height: rows, channels: 3 } })
    .jpeg({ quality: 78, chromaSubsampling: '4:4:4' })
    .toBuffer()
  return { uri: `data:image/jpeg;base64,${jpeg.toString('base64')}`, rows, columns }
}

function paintOutline(rgb: Buffer, { rows, columns, pixels }: Mask, colour: readonly number[]): void {
  const isEnclosed = (row: number, column: number): boolean => {
    if (row === 0 || column === 0 || row === rows - 1 || column === columns - 1) return false
    const pixel = row * columns + column
    return (
      pixels[pixel - 1] !== 0 &&
      pixels[pixel + 1] !== 0 &&
      pixels[pixel - columns] !== 0 &&
      pixels[pixel + columns] !== 0
    )
  }
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const pixel = row * columns + column
      if (pixels[pixel] === 0) continue
      if (isEnclosed(row, column)) continue
      rgb.set(colour, pixel * 3)
      // Two pixels wide, outwards, so that the line is seen and the air is not covered.
      if (column > 0 && pixels[pixel - 1] === 0) rgb.set(colour, (pixel - 1) * 3)
      if (row > 0 && pixels[pixel - columns] === 0) rgb.set(colour, (pixel - columns) * 3)
    }
  }
}

function parseColour(hex: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
}
