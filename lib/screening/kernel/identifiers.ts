import { createHash } from 'node:crypto'

/** Hexadecimal SHA-256 of bytes. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * The identifier of a source image: a function of its bytes alone, so that a duplicate lands on the same result.
 * It carries nothing of the patient or of the sender's key. 32 hexadecimal digits of the SHA-256.
 */
export type ImageId = string

export function imageIdOf(source: Uint8Array): ImageId {
  return sha256Hex(source).slice(0, 32)
}
