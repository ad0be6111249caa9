import sharp from 'sharp'
import type { GreyImage } from '../../screening/kernel/grey-image.ts'
import type { ColourPicture, Overlay } from '../../screening/result-documents/overlay/overlay-marks.ts'

/** Renders marks over a greyscale picture, in the size of the overlay's canvas. */
export async function renderOverlay(image: GreyImage, { canvas, svg }: Overlay): Promise<ColourPicture> {
  const pixels = await sharp(image.pixels, { raw: { width: image.columns, height: image.rows, channels: 1 } })
    .toColourspace('srgb')
    .extend({ bottom: canvas.rows - image.rows, right: canvas.columns - image.columns, background: '#000000' })
    .composite([{ input: Buffer.from(svg), top: 0, left: 0 }])
    .removeAlpha()
    .raw()
    .toBuffer()
  return { ...canvas, pixels }
}

export async function encodeColourPng({ rows, columns, pixels }: ColourPicture): Promise<Uint8Array> {
  return sharp(pixels, { raw: { width: columns, height: rows, channels: 3 } })
    .png({ compressionLevel: 2 })
    .toBuffer()
}
