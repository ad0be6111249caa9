import sharp from 'sharp'
import type { GreyImage } from '../../screening/kernel/grey-image.ts'
import type { Overlay } from '../../screening/result-documents/overlay/build-overlay.ts'

/** Renders marks over a greyscale picture. @returns 8-bit RGB PNG in the size of the overlay's canvas */
export async function encodeOverlay(image: GreyImage, overlay: Overlay): Promise<Uint8Array> {
  const { canvas, svg } = overlay
  return sharp(image.pixels, { raw: { width: image.columns, height: image.rows, channels: 1 } })
    .toColourspace('srgb')
    .extend({ bottom: canvas.rows - image.rows, right: canvas.columns - image.columns, background: '#000000' })
    .composite([{ input: Buffer.from(svg), top: 0, left: 0 }])
    .removeAlpha()
    .png({ compressionLevel: 2 })
    .toBuffer()
}
