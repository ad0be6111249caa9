/**
 * DICOM RLE: one PackBits segment for each byte plane, the most significant first, after a header of 16 words.
 * @param samples little endian. Shape: rows × columns
 * @see DICOM PS3.5 G
 */
export function encodeRle(samples: Uint8Array, bytesPerSample: 1 | 2, columns: number): Buffer {
  const count = samples.length / bytesPerSample
  const header = Buffer.alloc(64)
  header.writeUInt32LE(bytesPerSample, 0)
  const parts: Uint8Array[] = [header]
  let offset = header.length
  for (let plane = 0; plane < bytesPerSample; plane++) {
    const bytes = new Uint8Array(count)
    for (let i = 0; i < count; i++) bytes[i] = samples[i * bytesPerSample + bytesPerSample - 1 - plane]
    const segment = packBits(bytes, columns)
    header.writeUInt32LE(offset, 4 + 4 * plane)
    parts.push(segment)
    offset += segment.length
  }
  return Buffer.concat(parts)
}

/** Rows are packed on their own, as the standard asks. */
function packBits(bytes: Uint8Array, columns: number): Buffer {
  // A literal run of 128 takes 129 bytes: the worst case.
  const out = Buffer.alloc(bytes.length + Math.ceil(bytes.length / columns) * (Math.ceil(columns / 128) + 1) + 1)
  let length = 0
  for (let start = 0; start < bytes.length; start += columns) {
    const end = start + columns
    let i = start
    while (i < end) {
      const run = runLength(bytes, i, end)
      if (run >= 3) {
        out[length++] = 257 - run
        out[length++] = bytes[i]
        i += run
        continue
      }
      const from = i
      while (i < end && i - from < 128 && runLength(bytes, i, Math.min(end, i + 3)) < 3) i++
      out[length++] = i - from - 1
      for (let k = from; k < i; k++) out[length++] = bytes[k]
    }
  }
  return out.subarray(0, length + (length % 2))
}

function runLength(bytes: Uint8Array, from: number, end: number): number {
  let i = from + 1
  while (i < end && i - from < 128 && bytes[i] === bytes[from]) i++
  return i - from
}
