import type { ImageSize } from '../kernel/geometry.ts'

/**
 * How stored pixels are turned so that the patient stands upright, seen from the front: head up, patient's left on
 * the right. Applied as: transpose first, then reverse the rows, then reverse the columns.
 */
export interface Turn {
  readonly transpose: boolean
  readonly reverseRows: boolean
  readonly reverseColumns: boolean
}

export const noTurn: Turn = { transpose: false, reverseRows: false, reverseColumns: false }

/**
 * The turn that PatientOrientation asks for; none where it is absent or not that of a frontal view.
 * @param orientation Directions of increasing column and of increasing row, by the first letter of each.
 * @see DICOM PS3.3 C.7.6.1.1.1
 */
export function turnOf(orientation: readonly [string, string] | null): Turn {
  if (!orientation) return noTurn
  const along = orientation[0][0]
  const down = orientation[1][0]
  if (isSideways(along) && isUpOrDown(down)) {
    return { transpose: false, reverseRows: down === 'H', reverseColumns: along === 'R' }
  }
  if (isUpOrDown(along) && isSideways(down)) {
    return { transpose: true, reverseRows: along === 'H', reverseColumns: down === 'R' }
  }
  return noTurn
}

const isSideways = (letter: string | undefined): boolean => letter === 'L' || letter === 'R'
const isUpOrDown = (letter: string | undefined): boolean => letter === 'H' || letter === 'F'

export function isTurned(turn: Turn): boolean {
  return turn.transpose || turn.reverseRows || turn.reverseColumns
}

export function turnedSize(size: ImageSize, turn: Turn): ImageSize {
  return turn.transpose ? { rows: size.columns, columns: size.rows } : { rows: size.rows, columns: size.columns }
}

/** Turns stored pixels upright. Shape: rows × columns in, turnedSize out. */
export function turnUpright<T extends Uint8Array | Float32Array>(values: T, size: ImageSize, turn: Turn): T {
  if (!isTurned(turn)) return values
  const turned = new (values.constructor as new (length: number) => T)(values.length)
  forEachUprightRow(size, turn, (upright, columns, stored, step) => {
    for (let column = 0; column < columns; column++) turned[upright + column] = values[stored + column * step]
  })
  return turned
}

/** The inverse of `turnUpright`. `size` is that of the stored image. */
export function turnBack<T extends Uint8Array | Float32Array>(upright: T, size: ImageSize, turn: Turn): T {
  if (!isTurned(turn)) return upright
  const turned = new (upright.constructor as new (length: number) => T)(upright.length)
  forEachUprightRow(size, turn, (start, columns, stored, step) => {
    for (let column = 0; column < columns; column++) turned[stored + column * step] = upright[start + column]
  })
  return turned
}

/**
 * Visits the rows of the upright image. `upright`: index of the row's first pixel; `stored`: index of the stored pixel
 * that belongs there; `step`: how far apart in the stored image the row's pixels lie.
 */
function forEachUprightRow(
  size: ImageSize,
  turn: Turn,
  visit: (upright: number, columns: number, stored: number, step: number) => void,
): void {
  const { rows, columns } = turnedSize(size, turn)
  const [along, down] = turn.transpose ? [size.columns, 1] : [1, size.columns]
  const step = turn.reverseColumns ? -along : along
  for (let row = 0; row < rows; row++) {
    const fromRow = turn.reverseRows ? rows - 1 - row : row
    const first = fromRow * down + (turn.reverseColumns ? (columns - 1) * along : 0)
    visit(row * columns, columns, first, step)
  }
}
