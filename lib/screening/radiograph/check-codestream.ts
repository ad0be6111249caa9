import { StudyRejectedError } from '../kernel/errors.ts'
import type { CodestreamHeader } from './codestream-header.ts'
import { readJpegScans } from './read-jpeg-scans.ts'
import { assertWholeTileParts } from './read-tile-parts.ts'

/**
 * Whether a codestream is all there, as far as it can be known before it is decoded.
 * @returns isDamaged where it holds what no encoder writes, and yet can be decoded
 * @throws {StudyRejectedError} corrupt-pixel-data when a part is missing or cannot be read
 */
export function checkCodestream(header: CodestreamHeader, codestream: Uint8Array): { readonly isDamaged: boolean } {
  switch (header.kind) {
    case 'jpeg-8':
    case 'jpeg-12':
    case 'jpeg-lossless':
      return { isDamaged: readJpegScans(codestream).hasExcess }
    case 'jpeg-ls':
      // Its codec counts for itself.
      if (!endsWithMarker(codestream)) throw corrupt('the compressed frame has no end marker: it was cut short')
      assertEnoughBytes(header, codestream)
      return { isDamaged: false }
    case 'jpeg-2000':
    case 'htj2k':
      if (!header.tileParts) throw new TypeError('a JPEG 2000 header without tile-parts')
      assertWholeTileParts(codestream, header.tileParts)
      assertEnoughBytes(header, codestream)
      return { isDamaged: false }
  }
}

/** FF D9, which its data never hold; padding of any length and kind may follow. @see ITU-T T.87 A.1 */
function endsWithMarker(codestream: Uint8Array): boolean {
  const bytes = Buffer.from(codestream.buffer, codestream.byteOffset, codestream.byteLength)
  return bytes.lastIndexOf(Buffer.from([0xff, 0xd9])) > bytes.indexOf(Buffer.from([0xff, 0xda]))
}

/** An image of up to so many pixels may be empty, and compress to next to nothing. */
const unquestionedPixels = 16_000_000
/** Half a bit per pixel where nothing was given up, an eighth of a bit where something was. */
const pixelsPerByte = { lossless: 16, lossy: 64 }

/** No law gives the least length of these codestreams, so a forged size is told by what no radiograph comes near. */
function assertEnoughBytes({ rows, columns, reversible }: CodestreamHeader, { length }: Uint8Array): void {
  const pixels = rows * columns
  if (pixels > unquestionedPixels && pixels > length * pixelsPerByte[reversible ? 'lossless' : 'lossy']) {
    throw corrupt(`${length} bytes cannot hold ${rows} × ${columns} pixels of a radiograph`)
  }
}

const corrupt = (detail: string): StudyRejectedError => new StudyRejectedError('corrupt-pixel-data', detail)
