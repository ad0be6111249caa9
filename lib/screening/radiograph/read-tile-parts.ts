import { StudyRejectedError } from '../kernel/errors.ts'

const startOfTilePart = 0xff90
const startOfPacket = 0xff91
const endOfPacketHeader = 0xff92
const endOfCodestream = 0xffd9

export interface TileParts {
  /** Where the first tile-part begins. */
  readonly offset: number
  /** Tiles of the image. */
  readonly tiles: number
  /** Packets of one tile, at least and at most: each takes a byte, even an empty one. @see ITU-T T.800 B.10.3 */
  readonly fewestPackets: number
  readonly mostPackets: number
  /** Whether it is HTJ2K (Part 15), whose codec cannot tell a stretch of zeros from data. */
  readonly highThroughput: boolean
}

/**
 * Steps from tile-part to tile-part and checks that their lengths lead to the end of the codestream, that every tile is
 * there, and that compressed data hold no marker. Decoders would fill in what is missing with grey.
 * @returns the number of bytes behind the headers of all tile-parts; isDamaged where encoders seldom write what they hold
 * @throws {StudyRejectedError} corrupt-pixel-data
 * @see ITU-T T.800 A.4.2, B.10.1, D.4.1; ITU-T T.814 7.1
 */
export function assertWholeTileParts(
  codestream: Uint8Array,
  expected: TileParts,
): { readonly dataBytes: number; readonly isDamaged: boolean } {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength)
  const found = new Set<number>()
  let [dataBytes, longestHole] = [0, 0]
  let offset = expected.offset
  for (;;) {
    if (offset + 2 > codestream.length) throw corrupt('the JPEG 2000 codestream has no end marker: it was cut short')
    const marker = view.getUint16(offset)
    if (marker === endOfCodestream) break
    if (marker !== startOfTilePart) throw corrupt('a JPEG 2000 tile-part does not begin where the last one ends')
    if (offset + 14 > codestream.length) throw corrupt('the JPEG 2000 codestream ends within a tile-part')
    const length = view.getUint32(offset + 6)
    // The last one may leave its length open. @see ITU-T T.800 A.4.2
    const end = length === 0 ? lastMarker(codestream) : offset + length
    if (end < offset + 14 || end > codestream.length) throw corrupt('the JPEG 2000 codestream ends within a tile-part')
    found.add(view.getUint16(offset + 4))
    const tilePart = codestream.subarray(offset + 12, end)
    const data = tilePart.subarray(startOfData(tilePart))
    assertNoMarker(data)
    dataBytes += data.length
    if (expected.highThroughput) longestHole = Math.max(longestHole, longestRunOfZeros(data) - expected.mostPackets)
    offset = end
  }
  if (found.size !== expected.tiles) {
    throw corrupt(`the JPEG 2000 codestream holds ${found.size} of ${expected.tiles} tiles`)
  }
  if (expected.fewestPackets * expected.tiles > codestream.length) {
    throw corrupt('the JPEG 2000 codestream is too short for its layers and resolutions')
  }
  if (longestHole >= hole.certain) {
    throw corrupt('the JPEG 2000 packets hold a stretch of zeros that no encoder writes')
  }
  return { dataBytes, isDamaged: longestHole >= hole.doubtful }
}

/**
 * Compressed data of a noisy picture look random, and a long run of zeros, beyond those of empty packets, is a hole.
 * Smooth pictures have such runs of their own: a few of 8 bits, and most of those that were enlarged. Unit: bytes.
 */
const hole = { doubtful: 64, certain: 256 }

function assertNoMarker(data: Uint8Array): void {
  for (let at = data.indexOf(0xff); at >= 0 && at + 1 < data.length; at = data.indexOf(0xff, at + 1)) {
    const pair = 0xff00 | data[at + 1]
    if (pair >= startOfTilePart && pair !== startOfPacket && pair !== endOfPacketHeader) {
      throw corrupt('the JPEG 2000 packets hold a marker')
    }
  }
}

/** The longest run. Only every `hole.doubtful`-th byte is looked at first, so shorter runs may be missed. */
function longestRunOfZeros(data: Uint8Array): number {
  let longest = 0
  for (let at = hole.doubtful - 1; at < data.length; at += hole.doubtful) {
    if (data[at] !== 0) continue
    let from = at
    let to = at + 1
    while (from > 0 && data[from - 1] === 0) from--
    while (to < data.length && data[to] === 0) to++
    longest = Math.max(longest, to - from)
    at = Math.max(at, to - hole.doubtful)
  }
  return longest
}

/** Index of the first byte after the SOD marker. @see ITU-T T.800 A.4.3 */
function startOfData(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let offset = 0; offset + 2 <= bytes.length; ) {
    const marker = view.getUint16(offset)
    if (marker === 0xff93) return offset + 2
    if (marker < 0xff00 || offset + 4 > bytes.length) break
    offset += 2 + view.getUint16(offset + 2)
  }
  throw corrupt('a JPEG 2000 tile-part has no data')
}

function lastMarker(codestream: Uint8Array): number {
  for (let at = codestream.length - 2; at >= 0; at--) {
    if (codestream[at] === 0xff && codestream[at + 1] === 0xd9) return at
  }
  return codestream.length
}

const corrupt = (detail: string): StudyRejectedError => new StudyRejectedError('corrupt-pixel-data', detail)
