import sharp from 'sharp'
import type { GreyImage } from '../../screening/kernel/grey-image.ts'
import type { ColourPicture, Overlay } from '../../screening/result-documents/overlay/overlay-marks.ts'

/** Renders marks over a greyscale picture, in the size of the overlay's canvas; what the picture leaves free is black. */
export async function renderOverlay(image: GreyImage, { canvas, svg }: Overlay): Promise<ColourPicture> {
  const marks = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer()
  return { ...canvas, pixels: layOver(onCanvas(image, canvas.columns), canvas.columns * canvas.rows, marks) }
}

/** A picture's grey levels in rows as wide as a canvas. */
function onCanvas({ pixels, rows, columns }: GreyImage, width: number): Uint8Array {
  if (width === columns) return pixels
  const wide = new Uint8Array(rows * width)
  for (let row = 0; row < rows; row++) wide.set(pixels.subarray(row * columns, (row + 1) * columns), row * width)
  return wide
}

/**
 * Mixes only what is drawn, since nearly all of the marks are transparent: sharp's compositor mixes every pixel and
 * takes twice as long, rendering included.
 * @param grey Of the first pixels; the others are black.
 * @param marks RGBA, alpha not multiplied in. Shape: count × 4.
 * @returns RGB. Shape: count × 3.
 */
function layOver(grey: Uint8Array, count: number, marks: Uint8Array): Uint8Array {
  const out = new Uint8Array(3 * count)
  for (let pixel = 0, to = 0, from = 0; pixel < count; pixel++, to += 3, from += 4) {
    const below = pixel < grey.length ? grey[pixel] : 0
    const alpha = marks[from + 3]
    if (alpha === 0) {
      out[to] = out[to + 1] = out[to + 2] = below
      continue
    }
    for (let channel = 0; channel < 3; channel++) {
      // A Uint8Array truncates what is assigned; with one half added, that rounds half up.
      out[to + channel] = (marks[from + channel] * alpha + below * (255 - alpha)) / 255 + 0.5
    }
  }
  return out
}

export async function encodeColourPng({ rows, columns, pixels }: ColourPicture): Promise<Uint8Array> {
  return sharp(pixels, { raw: { width: columns, height: rows, channels: 3 } })
    .png({ compressionLevel: 2 })
    .toBuffer()
}
