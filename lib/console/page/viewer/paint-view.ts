import type { SampledView } from './sample-view.ts'

/** What lies over the picture. */
export interface Overlay {
  /** 0/1 per pixel of the screen; null: none to be shown. */
  readonly mask: Uint8Array | null
  readonly isFilled: boolean
  readonly hasContour: boolean
  /** Drawn by a reader, and not found by the model. */
  readonly isDrawn: boolean
  readonly activation: Uint8Array | null
  /** Of fill and activation map. Range: 0 to 1. */
  readonly opacity: number
}

type Colour = readonly [red: number, green: number, blue: number]

/** Told apart by those who do not tell red from green, and not to be mistaken for anything in a radiograph. */
const modelColour: Colour = [255, 140, 26]
const drawnColour: Colour = [255, 105, 220]
const activationColour: Colour = [90, 170, 255]

/**
 * The picture in colours: red, green, blue, alpha of each pixel.
 * @param pixels Written to. Shape: height × width × 4.
 */
export function paintView(
  view: SampledView,
  sampleGrey: Uint8Array,
  overlay: Overlay,
  pixels: Uint8ClampedArray,
): void {
  const { samples, isInside, width, height } = view
  const { mask, activation, isFilled, hasContour, isDrawn, opacity } = overlay
  const maskColour = isDrawn ? drawnColour : modelColour
  for (let at = 0, to = 0; at < samples.length; at++, to += 4) {
    const grey = isInside[at] === 1 ? sampleGrey[samples[at]] : 0
    pixels[to] = grey
    pixels[to + 1] = grey
    pixels[to + 2] = grey
    pixels[to + 3] = 255
    if (activation !== null && activation[at] > 0)
      blend(pixels, to, activationColour, opacity * (activation[at] / 255) ** 2)
    if (mask !== null && isFilled && mask[at] !== 0) blend(pixels, to, maskColour, opacity)
  }
  if (mask && hasContour) paintContour(mask, width, height, maskColour, pixels)
}

function blend(pixels: Uint8ClampedArray, at: number, colour: Colour, share: number): void {
  for (let channel = 0; channel < 3; channel++) {
    pixels[at + channel] = pixels[at + channel] * (1 - share) + colour[channel] * share
  }
}

/** A line as wide as a pixel of the screen, inside the mask. */
function paintContour(
  mask: Uint8Array,
  width: number,
  height: number,
  colour: Colour,
  pixels: Uint8ClampedArray,
): void {
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (mask[at] === 0) continue
      const isEdge =
        x === 0 ||
        y === 0 ||
        x === width - 1 ||
        y === height - 1 ||
        mask[at - 1] === 0 ||
        mask[at + 1] === 0 ||
        mask[at - width] === 0 ||
        mask[at + width] === 0
      if (isEdge) pixels.set(colour, at * 4)
    }
  }
}
