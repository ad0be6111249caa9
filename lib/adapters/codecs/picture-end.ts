/** Whether a JPEG runs to its end marker and a PNG to its last chunk: decoders fill what is missing with grey. */
export function isWhole(picture: Uint8Array, format: 'png' | 'jpeg'): boolean {
  return format === 'png' ? endsWithLastChunk(picture) : reachesEndOfImage(picture)
}

/** @see ISO/IEC 15948 5.3 */
function endsWithLastChunk(png: Uint8Array): boolean {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const lastChunk = 0x49454e44
  for (let offset = 8; offset + 12 <= png.length; ) {
    const length = view.getUint32(offset)
    if (view.getUint32(offset + 4) === lastChunk) return true
    offset += 12 + length
  }
  return false
}

/** Steps over the segments before the scan, in which thumbnails have end markers of their own. @see ITU-T T.81 B.1.1 */
function reachesEndOfImage(jpeg: Uint8Array): boolean {
  const buffer = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  let offset = 2
  while (offset + 4 <= jpeg.length && jpeg[offset] === 0xff && jpeg[offset + 1] !== 0xda) {
    offset += jpeg[offset + 1] === 0xff ? 1 : 2 + buffer.readUInt16BE(offset + 2)
  }
  return buffer.indexOf(Buffer.from([0xff, 0xd9]), offset) >= 0
}
