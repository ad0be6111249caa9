import sharp from 'sharp'
import type { BoundingBox, ImageSize } from '../../screening/kernel/geometry.ts'
import type { GreyImage } from '../../screening/kernel/grey-image.ts'
import type { ColourPicture, Overlay } from '../../screening/result-documents/overlay/overlay-marks.ts'

/** Renders marks over a greyscale picture, in the size of the overlay's canvas; what the picture leaves free is black. */
export async function renderOverlay(image: GreyImage, { canvas, svg, drawn }: Overlay): Promise<ColourPicture> {
  const rendered = await Promise.all(drawn.map(async (box) => ({ box, marks: await renderPart(svg, box) })))
  const pixels = onCanvas(image, canvas)
  for (const { box, marks } of rendered) mixIn(pixels, canvas.columns, marks, box)
  return { ...canvas, pixels }
}

/** A part of a drawing. Most of one is empty, and a rendering takes as long as its size. Shape: rows × columns × 4, RGBA. */
function renderPart(svg: string, { row, column, rows, columns }: BoundingBox): Promise<Uint8Array> {
  const root = `<svg xmlns="http://www.w3.org/2000/svg" width="${columns}" height="${rows}"`
  const part = `${root} viewBox="${column} ${row} ${columns} ${rows}">${svg}</svg>`
  return sharp(Buffer.from(part)).ensureAlpha().raw().toBuffer()
}

/** A picture in RGB at the top left of a black canvas. Shape: rows × columns × 3. */
function onCanvas(image: GreyImage, { rows, columns }: ImageSize): Uint8Array {
  const out = new Uint8Array(3 * rows * columns)
  const { pixels } = image
  for (let row = 0; row < image.rows; row++) {
    let to = 3 * row * columns
    for (let from = row * image.columns; from < (row + 1) * image.columns; from++, to += 3) {
      out[to] = out[to + 1] = out[to + 2] = pixels[from]
    }
  }
  return out
}

/**
 * Mixes marks into a part of a picture, in place: sharp's compositor mixes every pixel, and nearly all are transparent.
 * @param pixels RGB. Shape: rows × width × 3.
 * @param marks RGBA, alpha not multiplied in. Shape: box.rows × box.columns × 4.
 */
function mixIn(pixels: Uint8Array, width: number, marks: Uint8Array, box: BoundingBox): void {
  for (let row = 0; row < box.rows; row++) {
    let to = 3 * ((box.row + row) * width + box.column)
    const end = 4 * (row + 1) * box.columns
    for (let from = 4 * row * box.columns; from < end; from += 4, to += 3) {
      const alpha = marks[from + 3]
      if (alpha === 0) continue
      for (let channel = 0; channel < 3; channel++) {
        // A Uint8Array truncates what is assigned; with one half added, that rounds half up.
        pixels[to + channel] = (marks[from + channel] * alpha + pixels[to + channel] * (255 - alpha)) / 255 + 0.5
      }
    }
  }
}

export async function encodeColourPng({ rows, columns, pixels }: ColourPicture): Promise<Uint8Array> {
  return sharp(pixels, { raw: { width: columns, height: rows, channels: 3 } })
    .png({ compressionLevel: 2 })
    .toBuffer()
}
