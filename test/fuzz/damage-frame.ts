import type { SeededRandom } from '../../lib/phantom/seeded-random.ts'

export const damageKinds = ['cut and ended again', 'zeros within', 'noise within'] as const
export type DamageKind = (typeof damageKinds)[number]

/** The headers stay whole: damage there is another matter, and always found. */
const headerBytes = 700

/** What a broken transfer or a bad disk leaves: the end missing, or a stretch of bytes gone. Never a legal codestream. */
export function damageFrame(frame: Uint8Array, kind: DamageKind, random: SeededRandom): Uint8Array {
  const from = random.integer(Math.min(headerBytes, frame.length >> 1), frame.length - 20)
  if (kind === 'cut and ended again') return withEnd(frame.subarray(0, from))
  const longest = Math.floor(0.3 * frame.length)
  const length = Math.min(frame.length - 4 - from, Math.floor(16 * (longest / 16) ** random.uniform(0, 1)))
  const damaged = Uint8Array.from(frame)
  for (let at = from; at < from + length; at++) damaged[at] = kind === 'zeros within' ? 0 : random.bits() & 0xff
  return damaged
}

const withEnd = (bytes: Uint8Array): Uint8Array => new Uint8Array(Buffer.concat([bytes, Buffer.from([0xff, 0xd9])]))
