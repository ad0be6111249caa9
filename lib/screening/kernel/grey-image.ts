import type { ImageSize } from './geometry.ts'

/** An 8-bit greyscale picture. Shape: rows × columns, row-major; 0 black, 255 white. */
export interface GreyImage extends ImageSize {
  readonly pixels: Uint8Array
}
