export interface Random {
  /** In [0, 1). */
  uniform(): number
  /** Of a rate per unit; its mean is 1 / rate. */
  exponential(rate: number): number
  between(low: number, high: number): number
}

/** The same seed draws the same numbers. @see splitmix32 */
export function createRandom(seed: number): Random {
  let state = seed | 0
  const uniform = (): number => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
  return {
    uniform,
    exponential: (rate) => -Math.log(1 - uniform()) / rate,
    between: (low, high) => low + (high - low) * uniform(),
  }
}
