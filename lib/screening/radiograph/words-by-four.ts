/** The words of a picture four bytes at a time, where memory is aligned for that. */
interface WordsByFour {
  /** How many words lie before the first four bytes. */
  readonly before: number
  readonly fours: Int32Array
  /** How many words four bytes hold. */
  readonly perFour: number
}

function byFour(words: Uint8Array | Uint16Array): WordsByFour {
  const perFour = 4 / words.BYTES_PER_ELEMENT
  const before = Math.min(words.length, (-words.byteOffset & 3) / words.BYTES_PER_ELEMENT)
  const count = Math.floor((words.length - before) / perFour)
  const start = count === 0 ? 0 : words.byteOffset + before * words.BYTES_PER_ELEMENT
  return { before, fours: new Int32Array(words.buffer, start, count), perFour }
}

/** The bits that are set in any of the words. */
export function bitsUsed(words: Uint8Array | Uint16Array): number {
  const { before, fours, perFour } = byFour(words)
  let used = 0
  for (let index = 0; index < fours.length; index++) used |= fours[index]
  used |= used >>> 16
  if (perFour === 4) used |= used >>> 8
  used &= 2 ** (8 * words.BYTES_PER_ELEMENT) - 1
  for (let pixel = 0; pixel < before; pixel++) used |= words[pixel]
  for (let pixel = before + fours.length * perFour; pixel < words.length; pixel++) used |= words[pixel]
  return used
}

/**
 * Calls back for each word, from the second on, in which `bit` is not what it is in the word before. Fast where that is
 * rare: four bytes are compared at once.
 */
export function forEachChange(words: Uint8Array | Uint16Array, bit: number, visit: (pixel: number) => void): void {
  const { before, fours, perFour } = byFour(words)
  const width = 32 / perFour
  const compare = (begin: number, end: number): void => {
    for (let pixel = Math.max(1, begin); pixel < end; pixel++) {
      if (((words[pixel] ^ words[pixel - 1]) & bit) !== 0) visit(pixel)
    }
  }
  compare(0, before)
  let mask = 0
  for (let place = 0; place < 32; place += width) mask |= bit << place
  // The word before lies in the topmost bits, as it would in four bytes of its own; before the first one is none.
  let last = before > 0 ? words[before - 1] << (32 - width) : 0
  for (let index = 0; index < fours.length; index++) {
    const four = fours[index]
    if (((four ^ ((four << width) | (last >>> (32 - width)))) & mask) !== 0) {
      compare(before + index * perFour, before + (index + 1) * perFour)
    }
    last = four
  }
  compare(before + fours.length * perFour, words.length)
}
