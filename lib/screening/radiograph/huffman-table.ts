/**
 * Looked up by the next 16 bits: length of the code that they start with × 256 + its symbol; 0 when there is no code.
 */
export type HuffmanTable = Uint16Array

/**
 * @param lengths How many codes there are of 1, 2 … 16 bits.
 * @returns null when the codes do not fit into their bits
 * @see ITU-T T.81 Annex C
 */
export function createHuffmanTable(lengths: readonly number[], symbols: readonly number[]): HuffmanTable | null {
  const table = new Uint16Array(65536)
  let next = 0
  let symbol = 0
  for (const [index, count] of lengths.entries()) {
    const width = 1 << (15 - index)
    for (let code = 0; code < count; code++) {
      if (next + width > 65536) return null
      table.fill(((index + 1) << 8) | symbols[symbol++], next, next + width)
      next += width
    }
  }
  return table
}
