import { createHash } from 'node:crypto'

/**
 * A UUID that is a function of its parts: the same study screened twice by the same models gives the same objects.
 * Version 8: a UUID by a rule of its maker's own.
 * @see RFC 9562 5.8
 */
export function deriveUuid(...parts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16)
  digest[6] = (digest[6] & 0x0f) | 0x80
  digest[8] = (digest[8] & 0x3f) | 0x80
  return digest.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}

/** The same as a DICOM UID. @see DICOM PS3.5 B.2 */
export const deriveUid = (...parts: readonly string[]): string =>
  `2.25.${BigInt(`0x${deriveUuid(...parts).replaceAll('-', '')}`)}`

/** @see DICOM PS3.5 9.1 */
export function isUid(text: string | null): text is string {
  return text !== null && text.length <= 64 && /^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/.test(text)
}
