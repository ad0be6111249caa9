import { StudyRejectedError } from '../kernel/errors.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import type { CodestreamKind } from '../kernel/ports.ts'
import type { PixelAttributes } from './pixel-attributes.ts'

export interface CodestreamHeader extends ImageSize {
  readonly kind: CodestreamKind
  /** Bits per sample. */
  readonly precision: number
  readonly components: number
  /** False for the irreversible wavelet and DCT. */
  readonly reversible: boolean
}

const startOfImage = 0xffd8
const startOfCodestream = 0xff4f
/** The tile index has 16 bits; real images have a few hundred tiles. */
const maximumTiles = 65535

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
      }
    }
    if (marker >= 0xc2 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      throw new StudyRejectedError(
        'unsupported-transfer-syntax',
        `JPEG process of SOF marker FF${marker.toString(16).toUpperCase()}`,
      )
    }
    if (marker === 0xda || marker === 0xd9) throw corrupt('the JPEG has no frame header')
    offset += 2 + view.getUint16(offset + 2)
  }
}

const jpegKinds: Readonly<Record<number, CodestreamKind>> = {
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
  let kind: CodestreamKind = 'jpeg-2000'
  let reversible = true
  let offset = 4 + view.getUint16(4)
  for (;;) {
    const marker = view.getUint16(offset)
    if (marker === 0xff90) break
    if (marker < 0xff00) throw corrupt('a JPEG 2000 marker is missing')
    if (marker === 0xff50 && (view.getUint32(offset + 4) & highThroughput) !== 0) kind = 'htj2k'
    if (marker === 0xff52) reversible = view.getUint8(offset + 13) === 1
    offset += 2 + view.getUint16(offset + 2)
  }
  return { kind, rows, columns, components, precision, reversible }
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
    const length = view.getUint32(offset)
    if (view.getUint32(offset + 4) === 0x6a703263) {
      return frame.subarray(offset + 8, length === 0 ? frame.length : Math.min(frame.length, offset + length))
    }
    if (length < 8) break
    offset += length
  }
  throw corrupt('the JP2 file holds no codestream')
}

/**
 * Holds a codestream against the data set before a codec sees it: a forged size must not make it allocate.
 * @throws {StudyRejectedError} inconsistent-pixel-data, corrupt-pixel-data
 */
export function assertCodestreamMatches(
  header: CodestreamHeader,
  codestream: Uint8Array,
  attributes: PixelAttributes,
): void {
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
  if (!endsWithMarker(codestream)) throw corrupt('the compressed frame has no end marker: it was cut short')
}

/** FF D9 ends JPEG, JPEG-LS and JPEG 2000 alike; padding may follow. */
function endsWithMarker(codestream: Uint8Array): boolean {
  for (let offset = codestream.length - 2; offset >= Math.max(0, codestream.length - 16); offset--) {
    if (codestream[offset] === 0xff && codestream[offset + 1] === 0xd9) return true
  }
  return false
}

const corrupt = (detail: string, cause?: unknown): StudyRejectedError =>
  new StudyRejectedError('corrupt-pixel-data', detail, { cause })
