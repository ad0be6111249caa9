import { createHash } from 'node:crypto'

/**
 * A UID from a name: the same name gives the same UID, different names different ones.
 * The root 2.25 takes a UUID as a decimal integer; this one is a hash, marked as a version 8 (custom) UUID.
 * @see DICOM PS3.5 B.2
 * @see RFC 9562 5.8
 */
export function phantomUid(name: string): string {
  const bytes = createHash('sha256').update(`pleura phantom ${name}`).digest().subarray(0, 16)
  bytes[6] = (bytes[6] & 0x0f) | 0x80
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  return `2.25.${BigInt(`0x${bytes.toString('hex')}`)}`
}
