/** The first bytes of a JPEG or JPEG-LS image, and of a JPEG 2000 codestream. */
export function startsCodestream(frame: Uint8Array): boolean {
  return frame.length > 2 && frame[0] === 0xff && (frame[1] === 0xd8 || frame[1] === 0x4f)
}

/** One to fifteen segments, the first behind the header of 64 bytes. @see DICOM PS3.5 G.5 */
export function startsRle(frame: Uint8Array): boolean {
  if (frame.length < 64) return false
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const segments = view.getUint32(0, true)
  return segments >= 1 && segments <= 15 && view.getUint32(4, true) === 64
}
