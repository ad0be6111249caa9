import type { BoundingBox, ImageSize } from '../../kernel/geometry.ts'
import type { Outline } from '../mask-outlines.ts'

/** Turns text into outlines, so that a picture needs no font where it is rendered. */
export interface Typeface {
  /** SVG path data of `text` with its baseline at (x, y). Unit: pixels. */
  outline(text: string, x: number, y: number, sizePixels: number): string
  /** Unit: pixels. */
  widthOf(text: string, sizePixels: number): number
}

/** 8-bit RGB, interleaved. */
export interface ColourPicture extends ImageSize {
  readonly pixels: Uint8Array
}

/** Marks drawn over a greyscale picture: an SVG on a canvas that holds the picture at its top left and a caption below. */
export interface Overlay {
  readonly canvas: ImageSize
  readonly svg: string
  /** Outside these rectangles, which have no pixel in common, nothing is drawn. */
  readonly drawn: readonly BoundingBox[]
}

/** One line of a caption. Unit of `size` and `y`: pixels at a width of 1024; `y` from the caption's top. */
export interface CaptionLine {
  readonly text: string
  readonly size: number
  readonly y: number
  readonly colour: string
}

/** Orange and black read on any grey and for the colour-blind. @see Okabe & Ito, Color Universal Design, 2008 */
export const contourColour = '#e69f00'
export const captionColour = '#ffffff'
export const mutedColour = '#b8b8b8'

/** Height of the caption at a width of 1024. Unit: pixels. */
const captionHeight = 92

/** Factor for lengths that are given for a width of 1024. */
export const scaleOf = ({ columns }: ImageSize): number => Math.max(columns, 400) / 1024

/** The size of a canvas of this width, with room for a caption below the image. */
export const canvasOf = (image: ImageSize, width: number = image.columns): ImageSize => ({
  rows: image.rows + Math.round(captionHeight * scaleOf(image)),
  columns: width,
})

export const inSvg = ({ rows, columns }: ImageSize, ...marks: readonly string[]): string =>
  [`<svg xmlns="http://www.w3.org/2000/svg" width="${columns}" height="${rows}">`, ...marks, '</svg>'].join('')

/** The dark field below an image, `width` wide. */
export const captionField = (image: ImageSize, width: number = image.columns): string =>
  `<rect x="0" y="${image.rows}" width="${width}" height="${canvasOf(image).rows - image.rows}" fill="#101010"/>`

/** Where the dark field lies. */
export const captionBox = (image: ImageSize, width: number = image.columns): BoundingBox => ({
  row: image.rows,
  column: 0,
  rows: canvasOf(image).rows - image.rows,
  columns: width,
})

/** The part of the image that outlines and their strokes take up; none where there is no outline. */
export function outlinedBox(image: ImageSize, outlines: readonly Outline[]): BoundingBox[] {
  // A mitre reaches four half strokes out, and half a pixel is rounded away.
  const margin = 8 * scaleOf(image) + 1
  const points = outlines.flatMap((rings) => rings[0])
  if (points.length === 0) return []
  let [left, top, right, bottom] = [image.columns, image.rows, 0, 0]
  for (const [x, y] of points) {
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  const [column, row] = [Math.max(0, Math.floor(left - margin)), Math.max(0, Math.floor(top - margin))]
  return [
    {
      row,
      column,
      rows: Math.min(image.rows, Math.ceil(bottom + margin)) - row,
      columns: Math.min(image.columns, Math.ceil(right + margin)) - column,
    },
  ]
}

/** Lines of text below an image, each made smaller where it would not fit its width. */
export function captionOf(image: ImageSize, lines: readonly CaptionLine[], typeface: Typeface): string {
  const scale = scaleOf(image)
  const margin = 16 * scale
  const available = image.columns - 2 * margin
  return lines
    .map(({ text, size, y, colour }) => {
      const wanted = size * scale
      const fitting = Math.min(wanted, (wanted * available) / typeface.widthOf(text, wanted))
      return `<path d="${typeface.outline(text, margin, image.rows + y * scale, fitting)}" fill="${colour}"/>`
    })
    .join('')
}

export const noticeLine: CaptionLine = {
  text: 'Not for diagnostic use. Computer result, unverified: for research and prioritisation.',
  size: 17,
  y: 81,
  colour: mutedColour,
}

/** The mask's boundary as a line, with a slight tint inside. */
export function contourOf(outlines: readonly Outline[], image: ImageSize): string {
  const path = pathOf(outlines)
  const scale = scaleOf(image)
  return [
    `<path d="${path}" fill="${contourColour}" fill-opacity="0.08" stroke="#000000" stroke-opacity="0.55" stroke-width="${4 * scale}"/>`,
    `<path d="${path}" fill="none" stroke="${contourColour}" stroke-width="${2 * scale}" stroke-linejoin="round"/>`,
  ].join('')
}

/** SVG path data. Holes run the other way round, so that SVG's nonzero rule leaves them unfilled. */
export const pathOf = (outlines: readonly Outline[]): string =>
  outlines
    .flat()
    .map((ring) => `M${ring.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join('L')}Z`)
    .join('')
