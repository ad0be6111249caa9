import type { ImageSize } from '../../screening/kernel/geometry.ts'

/** Cells along each side of the heat map. */
export const heatMapSide = 48

/** How often a place of the image is covered by a mask, over all images with one, whatever their size. */
export class MaskPosition {
  readonly #sums = new Float64Array(heatMapSide * heatMapSide)
  #images = 0

  /** Shape: mask rows × columns, 0 outside. */
  add(mask: Uint8Array, { rows, columns }: ImageSize): void {
    this.#images++
    const covered = new Float64Array(this.#sums.length)
    const pixels = new Float64Array(this.#sums.length)
    for (let row = 0; row < rows; row++) {
      const cellRow = Math.floor((row * heatMapSide) / rows) * heatMapSide
      for (let column = 0; column < columns; column++) {
        const cell = cellRow + Math.floor((column * heatMapSide) / columns)
        pixels[cell]++
        if (mask[row * columns + column] !== 0) covered[cell]++
      }
    }
    for (let cell = 0; cell < covered.length; cell++) {
      if (pixels[cell] > 0) this.#sums[cell] += covered[cell] / pixels[cell]
    }
  }

  /** Mean coverage of each cell, row-major. Range: [0, 1]. */
  coverage(): Float64Array {
    return this.#sums.map((sum) => (this.#images === 0 ? 0 : sum / this.#images))
  }
}
