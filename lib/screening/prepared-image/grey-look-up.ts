import { type StoredValues, wordsOf } from '../radiograph/stored-values.ts'

/** Stored values as the words that they are in memory, and the grey level of every word. */
export interface GreyLookUp {
  readonly words: Uint8Array | Uint16Array
  readonly table: Uint8Array
}

/**
 * Words without a sign: a loop over them is compiled for two kinds of array and not for four.
 * @param greys The grey level of every stored value, from `lowest` on.
 */
export function lookUpByWord(values: StoredValues, greys: Uint8Array, lowest: number): GreyLookUp {
  const words = wordsOf(values)
  if (lowest === 0) return { words, table: greys }
  const table = new Uint8Array(2 ** (8 * words.BYTES_PER_ELEMENT))
  for (let index = 0; index < greys.length; index++) table[(lowest + index) & (table.length - 1)] = greys[index]
  return { words, table }
}
