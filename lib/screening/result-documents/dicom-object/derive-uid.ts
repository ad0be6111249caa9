import { createHash } from 'node:crypto'

/**
 * A UUID that is a function of its parts: the same study screened twice by the same models gives the same objects.
 * Version 8: a UUID by a rule of its maker's own.
 * @see RFC 9562 5.8
 */
export const deriveUuid = (...parts: readonly string[]): string =>
  uuidOf(digestOf(parts))
    .toString('hex')
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')

/** The same as a DICOM UID. */
export const deriveUid = (...parts: readonly string[]): string => uidOf(digestOf(parts))

/** The UID of a UUID made of a digest. @see DICOM PS3.5 B.2 */
export const uidOf = (digest: Uint8Array): string => `2.25.${BigInt(`0x${uuidOf(digest).toString('hex')}`)}`

const digestOf = (parts: readonly string[]): Buffer => createHash('sha256').update(JSON.stringify(parts)).digest()

/** The first 16 bytes, with the bits of version 8. */
function uuidOf(digest: Uint8Array): Buffer {
  const uuid = Buffer.from(digest.subarray(0, 16))
  uuid[6] = (uuid[6] & 0x0f) | 0x80
  uuid[8] = (uuid[8] & 0x3f) | 0x80
  return uuid
}

/** @see DICOM PS3.5 9.1 */
export function isUid(text: string | null): text is string {
  return text !== null && text.length <= 64 && /^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/.test(text)
}
