import { StudyRejectedError } from '../kernel/errors.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import type { CodestreamKind } from '../kernel/ports.ts'
import type { PixelAttributes } from './pixel-attributes.ts'
import type { TileParts } from './read-tile-parts.ts'

export interface CodestreamHeader extends ImageSize {
  readonly kind: CodestreamKind
  /** Bits per sample. */
  readonly precision: number
  readonly components: number
  /** False for the irreversible wavelet and DCT. */
  readonly reversible: boolean
  /** Of JPEG 2000 alone. */
  readonly tileParts: TileParts | null
}

const startOfImage = 0xffd8
const startOfCodestream = 0xff4f
/** The tile index has 16 bits. */
const maximumTiles = 65535
/**
 * More tiles than `from` must have `pixels` each: a codec's bookkeeping of a tile takes more than a smaller one's
 * pixels.
 */
const smallestTiles = { from: 1000, pixels: 32 * 32 }

/**
 * Reads the frame header of a compressed frame: SOF of the JPEG family, SIZ of JPEG 2000.
 * @throws {StudyRejectedError} corrupt-pixel-data, unsupported-transfer-syntax
 */
export function readCodestreamHeader(codestream: Uint8Array): CodestreamHeader {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength)
  if (codestream.length < 16) throw corrupt('the compressed frame is empty')
  try {
    switch (view.getUint16(0)) {
      case startOfImage:
        return readJpegHeader(view)
      case startOfCodestream:
        return readJpeg2000Header(view)
      default:
        throw corrupt('the compressed frame starts with no known marker')
    }
  } catch (cause) {
    if (cause instanceof RangeError) throw corrupt('the compressed frame ends within its header', cause)
    throw cause
  }
}

/** Whether this is a progressive JPEG, Huffman-coded: no DICOM frame, but a picture like any. @see ITU-T T.81 table B.1 */
export function isProgressiveJpeg(jpeg: Uint8Array): boolean {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  for (let offset = 2; offset + 4 <= jpeg.length && jpeg[offset] === 0xff; ) {
    const marker = jpeg[offset + 1]
    if (marker === 0xc2) return true
    offset += marker === 0xff ? 1 : 2 + view.getUint16(offset + 2)
  }
  return false
}

/** Walks the marker segments to the start of frame. @see ITU-T T.81 B.1.1.3 */
function readJpegHeader(view: DataView): CodestreamHeader {
  for (let offset = 2; ; ) {
    if (view.getUint8(offset) !== 0xff) throw corrupt('a JPEG marker is missing')
    const marker = view.getUint8(offset + 1)
    if (marker === 0xff) {
      offset++
      continue
    }
    const kind = jpegKinds[marker]
    if (kind !== undefined) {
      const precision = view.getUint8(offset + 4)
      return {
        kind: kind === 'jpeg-8' && precision > 8 ? 'jpeg-12' : kind,
        precision,
        rows: view.getUint16(offset + 5),
        columns: view.getUint16(offset + 7),
        components: view.getUint8(offset + 9),
        reversible: kind !== 'jpeg-8',
        tileParts: null,
      }
    }
    if (marker >= 0xc2 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      throw new StudyRejectedError(
        'unsupported-transfer-syntax',
        `JPEG process of SOF marker FF${marker.toString(16).toUpperCase()}`,
      )
    }
    if (marker === 0xda || marker === 0xd9) throw corrupt('the JPEG has no frame header')
    // TEM and the restart markers have no length: stepping over one would land anywhere.
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) throw corrupt('a JPEG marker stands where none may')
    offset += 2 + view.getUint16(offset + 2)
  }
}

const jpegKinds: Readonly<Record<number, CodestreamKind>> = {
  // SOF0, SOF1, SOF3 and SOF55: FFC0, FFC1, FFC3, FFF7.
  192: 'jpeg-8',
  193: 'jpeg-8',
  195: 'jpeg-lossless',
  247: 'jpeg-ls',
}

/** SIZ comes first; CAP and COD are among the segments up to the first tile. @see ITU-T T.800 A.5.1, A.6.1, T.814 A.3 */
function readJpeg2000Header(view: DataView): CodestreamHeader {
  if (view.getUint16(2) !== 0xff51) throw corrupt('the JPEG 2000 codestream has no SIZ marker')
  const columns = view.getUint32(8) - view.getUint32(16)
  const rows = view.getUint32(12) - view.getUint32(20)
  const components = view.getUint16(40)
  const precision = (view.getUint8(42) & 0x7f) + 1
  if (components === 1 && view.getUint16(43) !== 0x0101) throw corrupt('the JPEG 2000 component is subsampled')
  const tiles =
    Math.ceil((view.getUint32(8) - view.getUint32(32)) / view.getUint32(24)) *
    Math.ceil((view.getUint32(12) - view.getUint32(36)) / view.getUint32(28))
  if (!(tiles <= maximumTiles)) throw corrupt('the JPEG 2000 codestream has more tiles than can be numbered')
  if (tiles > smallestTiles.from && view.getUint32(24) * view.getUint32(28) < smallestTiles.pixels) {
    throw corrupt('the tiles of the JPEG 2000 codestream are smaller than any encoder makes them')
  }
  let kind: CodestreamKind = 'jpeg-2000'
  let reversible = true
  let packets = { fewestPackets: 0, mostPackets: 0 }
  let offset = 4 + view.getUint16(4)
  for (;;) {
    const marker = view.getUint16(offset)
    if (marker === 0xff90) break
    if (marker < 0xff00) throw corrupt('a JPEG 2000 marker is missing')
    if (marker === 0xff50 && (view.getUint32(offset + 4) & highThroughput) !== 0) kind = 'htj2k'
    if (marker === 0xff52) {
      reversible = view.getUint8(offset + 13) === 1
      packets = packetsOf(view, offset)
    }
    offset += 2 + view.getUint16(offset + 2)
  }
  const tileParts = { offset, tiles, ...packets, highThroughput: kind === 'htj2k' }
  return { kind, rows, columns, components, precision, reversible, tileParts }
}

/** How many packets a tile has by its COD segment: layers × precincts of all resolutions. @see ITU-T T.800 A.6.1 */
function packetsOf(view: DataView, cod: number): Pick<TileParts, 'fewestPackets' | 'mostPackets'> {
  const layers = view.getUint16(cod + 6)
  const resolutions = view.getUint8(cod + 9) + 1
  const fewestPackets = layers * resolutions
  if ((view.getUint8(cod + 4) & 1) === 0) return { fewestPackets, mostPackets: fewestPackets }
  let precincts = 0
  for (let resolution = 0; resolution < resolutions; resolution++) {
    const exponents = view.getUint8(cod + 14 + resolution)
    precincts +=
      Math.ceil(view.getUint32(24) / 2 ** (exponents & 15)) * Math.ceil(view.getUint32(28) / 2 ** (exponents >> 4))
  }
  return { fewestPackets, mostPackets: layers * precincts }
}

/** Bit 15 of Pcap, counted from the most significant: Part 15 of JPEG 2000. */
const highThroughput = 0x00020000

/**
 * Takes the codestream out of a JP2 file, should a writer have embedded one. @see ITU-T T.800 I.4
 * @throws {StudyRejectedError} corrupt-pixel-data
 */
export function unboxJpeg2000(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (frame.length < 12 || view.getUint32(4) !== 0x6a502020) return frame
  let offset = 0
  while (offset + 8 <= frame.length) {
    const [headerLength, length] = boxLengths(view, offset)
    if (view.getUint32(offset + 4) === 0x6a703263) {
      return frame.subarray(offset + headerLength, Math.min(frame.length, offset + length))
    }
    if (length < headerLength) break
    offset += length
  }
  throw corrupt('the JP2 file holds no codestream')
}

/** 0 means up to the end, 1 that 64 bits follow. @see ITU-T T.800 I.4 */
function boxLengths(view: DataView, offset: number): [headerLength: number, length: number] {
  const length = view.getUint32(offset)
  if (length === 0) return [8, view.byteLength - offset]
  if (length !== 1 || offset + 16 > view.byteLength) return [8, length]
  return [16, Number(view.getBigUint64(offset + 8))]
}

/**
 * Compares a codestream's header with the data set before a codec sees it, so that no codec allocates a forged size.
 * @throws {StudyRejectedError} inconsistent-pixel-data, corrupt-pixel-data
 */
export function assertCodestreamMatches(header: CodestreamHeader, attributes: PixelAttributes): void {
  if (header.rows !== attributes.rows || header.columns !== attributes.columns) {
    throw new StudyRejectedError(
      'inconsistent-pixel-data',
      `the compressed frame has ${header.rows} × ${header.columns} pixels, the data set ${attributes.rows} × ${attributes.columns}`,
    )
  }
  if (header.components !== 1) {
    throw new StudyRejectedError('inconsistent-pixel-data', `the compressed frame has ${header.components} components`)
  }
  if (header.precision > attributes.bitsAllocated) {
    throw new StudyRejectedError(
      'inconsistent-pixel-data',
      `the compressed frame has ${header.precision} bits, BitsAllocated is ${attributes.bitsAllocated}`,
    )
  }
  if (header.precision < 2 || (header.kind === 'jpeg-8' && header.precision !== 8)) {
    throw corrupt(`the compressed frame has ${header.precision} bits per sample`)
  }
  if (header.kind === 'jpeg-12' && header.precision !== 12) throw corrupt('a lossy JPEG of neither 8 nor 12 bits')
}

const corrupt = (detail: string, cause?: unknown): StudyRejectedError =>
  new StudyRejectedError('corrupt-pixel-data', detail, { cause })
