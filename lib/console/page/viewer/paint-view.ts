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
  const colours = coloursOf(sampleGrey)
  const black = coloursOf(Uint8Array.of(0))[0]
  // A pixel at a time, not a channel: at 4K a change of the window has 2.5 million of them.
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, samples.length)
  for (let at = 0; at < words.length; at++) words[at] = isInside[at] === 1 ? colours[samples[at]] : black
  if (activation !== null) {
    for (let at = 0; at < activation.length; at++) {
      if (activation[at] > 0) blend(pixels, at * 4, activationColour, opacity * (activation[at] / 255) ** 2)
    }
  }
  if (mask !== null && isFilled) {
    for (let at = 0; at < mask.length; at++) if (mask[at] !== 0) blend(pixels, at * 4, maskColour, opacity)
  }
  if (mask && hasContour) paintContour(mask, width, height, maskColour, pixels)
}

/** Each grey level as the four bytes of a pixel, in the order of the machine. */
function coloursOf(grey: Uint8Array): Uint32Array {
  const bytes = new Uint8Array(grey.length * 4)
  for (let level = 0, to = 0; level < grey.length; level++, to += 4) {
    bytes[to] = grey[level]
    bytes[to + 1] = grey[level]
    bytes[to + 2] = grey[level]
    bytes[to + 3] = 255
  }
  return new Uint32Array(bytes.buffer)
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
  // Most of a screen is far from any mask.
  const first = mask.indexOf(1)
  const last = mask.lastIndexOf(1)
  if (first < 0) return
  for (let y = Math.floor(first / width), at = y * width; at <= last; y++) {
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
