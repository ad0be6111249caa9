export type UploadFormat = 'dicom' | 'dicom-without-preamble' | 'png' | 'jpeg'

/** Tells what a file is by its content, never by its name; null when it is none of ours. */
export function sniffFormat(bytes: Uint8Array): UploadFormat | null {
  if (startsWith(bytes, 128, [0x44, 0x49, 0x43, 0x4d])) return 'dicom'
  if (startsWith(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'png'
  if (startsWith(bytes, 0, [0xff, 0xd8, 0xff])) return 'jpeg'
  return looksLikeDataSet(bytes) ? 'dicom-without-preamble' : null
}

/** The groups that a data set may start with (command, file meta, identification), and the highest element of each. */
const firstElements: Readonly<Record<number, number>> = { 0: 0x0000, 2: 0x0020, 8: 0x0070 }

/**
 * A bare data set starts with a low element of a low group, of a plausible length: in little endian, or, with an
 * explicit VR, in big endian. @see DICOM PS3.5 7.1
 */
function looksLikeDataSet(bytes: Uint8Array): boolean {
  if (bytes.length < 132) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isExplicit = /^[A-Z]{2}$/.test(String.fromCharCode(bytes[4], bytes[5]))
  const isFirst = (littleEndian: boolean): boolean =>
    view.getUint16(2, littleEndian) <= (firstElements[view.getUint16(0, littleEndian)] ?? -1)
  const length = view.getUint32(4, true)
  // A command group starts with CommandGroupLength, whose value has four bytes: a file of zeros does not pass for one.
  if (isFirst(true)) return isExplicit || (view.getUint16(0, true) === 0 ? length === 4 : length <= 256)
  return isFirst(false) && isExplicit
}

function startsWith(bytes: Uint8Array, offset: number, signature: readonly number[]): boolean {
  return bytes.length >= offset + signature.length && signature.every((byte, index) => bytes[offset + index] === byte)
}
