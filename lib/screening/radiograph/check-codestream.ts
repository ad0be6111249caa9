import { StudyRejectedError } from '../kernel/errors.ts'
import type { CodestreamHeader } from './codestream-header.ts'
import { readJpegScans } from './read-jpeg-scans.ts'
import { assertWholeTileParts, type TileParts } from './read-tile-parts.ts'

/**
 * Checks that a codestream is complete, as far as that can be known before it is decoded.
 * @param isLossy Whether the codestream or the transfer syntax says so.
 * @returns isDamaged when it holds data that no encoder writes, and yet can be decoded
 * @throws {StudyRejectedError} corrupt-pixel-data when a part is missing or cannot be read; blank when it is next to empty
 */
export function checkCodestream(
  header: CodestreamHeader,
  codestream: Uint8Array,
  isLossy: boolean,
): { readonly isDamaged: boolean } {
  switch (header.kind) {
    case 'jpeg-8':
    case 'jpeg-12':
    case 'jpeg-lossless':
      return { isDamaged: readJpegScans(codestream).hasExcess }
    case 'jpeg-ls':
      // Its codec notices missing data by itself.
      if (!endsWithMarker(codestream)) throw corrupt('the compressed frame has no end marker: it was cut short')
      assertEnoughBytes(header, codestream.length, isLossy)
      return { isDamaged: false }
    case 'jpeg-2000':
    case 'htj2k':
      if (!header.tileParts) throw new TypeError('a JPEG 2000 header without tile-parts')
      return checkTileParts(header, codestream, header.tileParts, isLossy)
  }
}

function checkTileParts(header: CodestreamHeader, codestream: Uint8Array, tileParts: TileParts, isLossy: boolean) {
  const { dataBytes, isDamaged } = assertWholeTileParts(codestream, tileParts)
  assertEnoughBytes(header, dataBytes, isLossy)
  return { isDamaged }
}

/** FF D9, which its data never hold; padding of any length and kind may follow. @see ITU-T T.87 A.1 */
function endsWithMarker(codestream: Uint8Array): boolean {
  const bytes = Buffer.from(codestream.buffer, codestream.byteOffset, codestream.byteLength)
  return bytes.lastIndexOf(Buffer.from([0xff, 0xd9])) > bytes.indexOf(Buffer.from([0xff, 0xda]))
}

/** Pictures of up to this size are not judged by their bytes: decoding a forged one costs next to nothing. */
const unquestionedPixels = 1_000_000
/** Real chests enlarged sixfold, the smoothest pictures that were tried, stay well below (test/conformance/real-chests.test.ts). */
const mostPixelsPerByte = { lossless: 32, lossy: 64 }
/** More pixels per byte than this are no picture, but a single grey level or a forged size. */
const emptyPixelsPerByte = 1000

/** The standards give no least length, so a forged size is recognised by a ratio that no radiograph comes near. */
function assertEnoughBytes({ rows, columns }: CodestreamHeader, bytes: number, isLossy: boolean): void {
  const pixels = rows * columns
  if (pixels <= unquestionedPixels || pixels <= bytes * mostPixelsPerByte[isLossy ? 'lossy' : 'lossless']) return
  throw new StudyRejectedError(
    pixels > bytes * emptyPixelsPerByte ? 'blank' : 'corrupt-pixel-data',
    `${bytes} bytes cannot hold ${rows} × ${columns} pixels of a radiograph`,
  )
}

const corrupt = (detail: string): StudyRejectedError => new StudyRejectedError('corrupt-pixel-data', detail)
