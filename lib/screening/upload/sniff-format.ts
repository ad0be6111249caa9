export type UploadFormat = 'dicom' | 'dicom-without-preamble' | 'png' | 'jpeg'

/** Tells what a file is by its content, never by its name; null when it is none of ours. */
export function sniffFormat(bytes: Uint8Array): UploadFormat | null {
  if (startsWith(bytes, 128, [0x44, 0x49, 0x43, 0x4d])) return 'dicom'
  if (startsWith(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'png'
  if (startsWith(bytes, 0, [0xff, 0xd8, 0xff])) return 'jpeg'
  return looksLikeDataSet(bytes) ? 'dicom-without-preamble' : null
}

/** A bare data set starts with a low element of group 0002 or 0008, of a plausible length. @see DICOM PS3.5 7.1 */
function looksLikeDataSet(bytes: Uint8Array): boolean {
  if (bytes.length < 132) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const group = view.getUint16(0, true)
  const element = view.getUint16(2, true)
  if ((group !== 0x0002 && group !== 0x0008) || element > 0x0020) return false
  const isExplicit = /^[A-Z]{2}$/.test(String.fromCharCode(bytes[4], bytes[5]))
  return isExplicit || view.getUint32(4, true) <= 256
}

function startsWith(bytes: Uint8Array, offset: number, signature: readonly number[]): boolean {
  return bytes.length >= offset + signature.length && signature.every((byte, index) => bytes[offset + index] === byte)
}
