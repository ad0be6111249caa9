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
  const out = turnedSize(size, turn)
  const turned = new (values.constructor as new (length: number) => T)(values.length)
  forEachTurned(size, turn, out, (stored, upright) => {
    turned[upright] = values[stored]
  })
  return turned
}

/** The way back: from upright to stored pixels. `size` is that of the stored image. */
export function turnBack<T extends Uint8Array | Float32Array>(upright: T, size: ImageSize, turn: Turn): T {
  if (!isTurned(turn)) return upright
  const turned = new (upright.constructor as new (length: number) => T)(upright.length)
  forEachTurned(size, turn, turnedSize(size, turn), (stored, index) => {
    turned[stored] = upright[index]
  })
  return turned
}

function forEachTurned(
  size: ImageSize,
  turn: Turn,
  out: ImageSize,
  visit: (storedIndex: number, uprightIndex: number) => void,
): void {
  for (let row = 0; row < out.rows; row++) {
    const fromRow = turn.reverseRows ? out.rows - 1 - row : row
    for (let column = 0; column < out.columns; column++) {
      const fromColumn = turn.reverseColumns ? out.columns - 1 - column : column
      const stored = turn.transpose ? fromColumn * size.columns + fromRow : fromRow * size.columns + fromColumn
      visit(stored, row * out.columns + column)
    }
  }
}
