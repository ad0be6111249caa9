import type { Radiograph } from '../../lib/screening/radiograph/radiograph.ts'
import { buildRadiograph } from '../prepared-image/build-radiograph.ts'

/** One way to store and present a picture. */
export interface Variation {
  /** Bits that the picture takes up. */
  readonly bits: number
  /** Width of the window against the range of these bits; null for no window. */
  readonly factor: number | null
  /** How far the window lies off the middle. Unit: the same range. */
  readonly offset: number
  /** `65535`: beyond all values, MONOCHROME2. `0`: MONOCHROME1. Both are white. */
  readonly border: '65535' | '0'
  /** Share of the whole that a frame around the picture takes. */
  readonly borderShare: number
}

/** Shape of values: rows × columns. Range: 0 (black) to 1 (white). */
export interface Picture {
  readonly name: string
  readonly rows: number
  readonly columns: number
  readonly values: Float32Array
}

/** The radiograph that a file would be that stores and presents the picture so. */
export function varyPresentation(picture: Picture, variation: Variation): Radiograph {
  const { bits, factor, offset, border, borderShare } = variation
  const range = 2 ** bits
  const inverted = border === '0'
  const store = (value: number): number => Math.round((inverted ? 1 - value : value) * (range - 1))
  const { rows, columns, values } = layFrame(picture, borderShare)
  // A value above 1 marks the frame.
  const stored = Uint16Array.from(values, (value) => (value > 1 ? Number(border) : store(value)))
  const center = range / 2 + (inverted ? -offset : offset) * range
  const window = factor === null ? null : ({ center, width: Math.max(1, factor * range), function: 'LINEAR' } as const)
  const bitsStored = borderShare > 0 ? 16 : bits
  const radiograph = buildRadiograph(stored, { rows, bitsStored, window, inverted })
  return { ...radiograph, columns }
}

/** The picture stays whole, and everything grows by the frame. */
function layFrame(picture: Picture, borderShare: number): Picture {
  const { name, rows, columns, values } = picture
  const scale = Math.sqrt(1 / (1 - borderShare))
  const [framedRows, framedColumns] = [Math.round(rows * scale), Math.round(columns * scale)]
  const [top, left] = [(framedRows - rows) >> 1, (framedColumns - columns) >> 1]
  const framed = new Float32Array(framedRows * framedColumns).fill(2)
  for (let row = 0; row < rows; row++) {
    framed.set(values.subarray(row * columns, (row + 1) * columns), (top + row) * framedColumns + left)
  }
  return { name, rows: framedRows, columns: framedColumns, values: framed }
}
