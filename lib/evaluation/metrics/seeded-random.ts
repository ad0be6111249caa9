/** A source of numbers in [0, 1). */
export type Random = () => number

/**
 * The same numbers for the same seed on every machine: sfc32, 128 bits of state, warmed up.
 * Fit for resampling and shuffling; not for secrets.
 * @see Doty-Humphrey, PractRand
 */
export function createSeededRandom(seed: number): Random {
  let a = 0x9e3779b9
  let b = 0x243f6a88
  let c = 0xb7e15162 ^ Math.trunc(seed / 2 ** 32)
  let counter = seed >>> 0
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
  for (let round = 0; round < 16; round++) next()
  return next
}

/** Fisher–Yates; leaves the input alone. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const out = [...items]
  for (let last = out.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[out[last], out[other]] = [out[other], out[last]]
  }
  return out
}
