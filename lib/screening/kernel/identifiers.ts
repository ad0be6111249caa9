import { createHash } from 'node:crypto'

/** Hexadecimal SHA-256 of bytes. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * The identifier of a source image: the first 32 hexadecimal digits of the SHA-256 of its bytes, so that a duplicate
 * leads to the same result. Nothing of the patient or of the sender's key can be read from it.
 */
export type ImageId = string

export function imageIdOf(source: Uint8Array): ImageId {
  return sha256Hex(source).slice(0, 32)
}
