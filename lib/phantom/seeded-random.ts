import { cos, log, pi } from './portable-math.ts'

/**
 * A seeded source of random numbers: sfc32 (Small Fast Counter, C. Doty-Humphrey, PractRand), 32-bit integer arithmetic only.
 * Streams made by `fork` are independent of how many numbers were drawn before,
 * so that a change in one structure of the phantom does not move all the others.
 */
export interface SeededRandom {
  /** Range: integers 0 … 2³² − 1. */
  bits(): number
  /** Range: low ≤ value < high. */
  uniform(low: number, high: number): number
  /** Range: integers low … high, both included. */
  integer(low: number, high: number): number
  /** Normal distribution, cut at ±2.5 standard deviations: anatomy has limits. */
  normal(mean: number, deviation: number): number
  chance(probability: number): boolean
  pick<T>(choices: readonly T[]): T
  fork(label: string): SeededRandom
}

/** @param seed any integer; the label names an independent stream. */
export function createRandom(seed: number, label = ''): SeededRandom {
  let a = 0x9e3779b9 ^ Math.floor(seed / 0x100000000)
  let b = 0x243f6a88 ^ (seed >>> 0)
  let c = hashText(label)
  let counter = 1

  const bits = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + t) | 0
    return t >>> 0
  }
  for (let i = 0; i < 15; i++) bits()

  const unit = (): number => bits() / 0x100000000
  const random: SeededRandom = {
    bits,
    uniform: (low, high) => low + (high - low) * unit(),
    integer: (low, high) => low + Math.floor(unit() * (high - low + 1)),
    normal(mean, deviation) {
      for (;;) {
        // Box–Muller; 1 − u is never 0.
        const z = Math.sqrt(-2 * log(1 - unit())) * cos(2 * pi * unit())
        if (z > -2.5 && z < 2.5) return mean + deviation * z
      }
    },
    chance: (probability) => unit() < probability,
    pick: (choices) => choices[Math.floor(unit() * choices.length)],
    fork: (name) => createRandom(seed, `${label}/${name}`),
  }
  return random
}

/** FNV-1a. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash | 0
}
