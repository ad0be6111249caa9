import { StudyRejectedError } from '../kernel/errors.ts'
import { createHuffmanTable, type HuffmanTable } from './huffman-table.ts'
import { readUnits, type UnitReader } from './read-jpeg-units.ts'

/*
 * Decoders of JPEG paint grey, or repeat a row, where the entropy-coded data end early, and skip what they cannot read.
 * So the Huffman codes are read here first, without computing samples: in a complete scan the last code of the last
 * unit ends in the byte before the next marker.
 */

interface Component {
  readonly id: number
  readonly horizontal: number
  readonly vertical: number
  readonly quantization: number
}

interface Frame {
  readonly lossless: boolean
  readonly precision: number
  readonly rows: number
  readonly columns: number
  readonly components: readonly Component[]
}

interface Tables {
  readonly dc: HuffmanTable[]
  readonly ac: HuffmanTable[]
  /** The quantization step of the DC coefficient, by quantization table. */
  readonly dcSteps: number[]
  restartInterval: number
}

/** Baseline, extended sequential and lossless, Huffman-coded. @see ITU-T T.81 table B.1 */
const huffmanFrames = [0xc0, 0xc1, 0xc3]

/**
 * Reads every Huffman code of a sequential or lossless JPEG and compares their number with the frame's size.
 * @returns whether bytes were left over that mean nothing; progressive and arithmetic JPEG are not read, and not judged
 * @throws {StudyRejectedError} corrupt-pixel-data when codes are missing, not in the table, or too many
 * @see ITU-T T.81 B.1.1.5, F.2, H.2
 */
export function readJpegScans(jpeg: Uint8Array): { readonly hasExcess: boolean } {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  const tables: Tables = { dc: [], ac: [], dcSteps: [], restartInterval: 0 }
  let frame: Frame | null = null
  let hasExcess = false
  let scanned = 0
  try {
    for (let offset = 2; ; ) {
      if (view.getUint8(offset) !== 0xff) throw corrupt('a JPEG marker is missing')
      const marker = view.getUint8(offset + 1)
      if (marker === 0xff) {
        offset++
        continue
      }
      if (marker === 0xd9) break
      if (standalone(marker)) throw corrupt('a JPEG marker stands where none may')
      const end = offset + 2 + view.getUint16(offset + 2)
      const segment = new DataView(jpeg.buffer, jpeg.byteOffset + offset + 4, end - offset - 4)
      if (marker === 0xc4) readHuffmanTables(segment, tables)
      else if (marker === 0xdb) readDcSteps(segment, tables)
      else if (marker === 0xdd) tables.restartInterval = segment.getUint16(0)
      else if (huffmanFrames.includes(marker)) frame = readFrame(segment, marker === 0xc3)
      else if (marker > 0xc1 && marker <= 0xcf) return { hasExcess: false }
      offset = end
      if (marker !== 0xda) continue
      if (!frame) throw corrupt('a JPEG scan has no frame header')
      const scan = readUnits(jpeg, offset, readScanHeader(segment, frame, tables), tables.restartInterval)
      scanned += segment.getUint8(0)
      hasExcess ||= scan.hasExcess
      offset = scan.end
    }
  } catch (cause) {
    if (cause instanceof RangeError) throw corrupt('the JPEG ends within a segment', cause)
    throw cause
  }
  if (scanned !== frame?.components.length) throw corrupt('the JPEG lacks a scan')
  return { hasExcess }
}

/** TEM and the restart markers have no length. @see ITU-T T.81 B.1.1.3 */
const standalone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)

/** @see ITU-T T.81 B.2.2 */
function readFrame(segment: DataView, lossless: boolean): Frame {
  const components = Array.from({ length: segment.getUint8(5) }, (_, index) => {
    const sampling = segment.getUint8(7 + 3 * index)
    const id = segment.getUint8(6 + 3 * index)
    return { id, horizontal: sampling >> 4, vertical: sampling & 15, quantization: segment.getUint8(8 + 3 * index) }
  })
  if (
    components.some(
      ({ horizontal, vertical }) => !(horizontal >= 1 && horizontal <= 4 && vertical >= 1 && vertical <= 4),
    )
  ) {
    throw corrupt('a JPEG component has no sampling factor')
  }
  return {
    lossless,
    precision: segment.getUint8(0),
    rows: segment.getUint16(1),
    columns: segment.getUint16(3),
    components,
  }
}

/** @see ITU-T T.81 B.2.4.1 */
function readDcSteps(segment: DataView, { dcSteps }: Tables): void {
  for (let at = 0; at < segment.byteLength; ) {
    const place = segment.getUint8(at)
    const isWide = place >> 4 !== 0
    dcSteps[place & 15] = isWide ? segment.getUint16(at + 1) : segment.getUint8(at + 1)
    at += isWide ? 129 : 65
  }
}

/** @see ITU-T T.81 B.2.4.2 */
function readHuffmanTables(segment: DataView, { dc, ac }: Tables): void {
  for (let at = 0; at < segment.byteLength; ) {
    const place = segment.getUint8(at)
    const lengths = Array.from({ length: 16 }, (_, index) => segment.getUint8(at + 1 + index))
    const count = lengths.reduce((sum, number) => sum + number, 0)
    const symbols = Array.from({ length: count }, (_, index) => segment.getUint8(at + 17 + index))
    const table = createHuffmanTable(lengths, symbols)
    if (!table) throw corrupt('a Huffman table has more codes than bits')
    ;(place >> 4 === 0 ? dc : ac)[place & 15] = table
    at += 17 + count
  }
}

/** One reader for each unit of an MCU, and the number of MCUs. @see ITU-T T.81 A.2, B.2.3 */
function readScanHeader(
  segment: DataView,
  { lossless, precision, rows, columns, components }: Frame,
  tables: Tables,
): { readonly readers: readonly UnitReader[]; readonly mcus: number } {
  const unit = lossless ? 1 : 8
  const widest = Math.max(...components.map(({ horizontal }) => horizontal))
  const highest = Math.max(...components.map(({ vertical }) => vertical))
  const parts = Array.from({ length: segment.getUint8(0) }, (_, index) => {
    const component = components.find(({ id }) => id === segment.getUint8(1 + 2 * index))
    const places = segment.getUint8(2 + 2 * index)
    const dc = tables.dc[places >> 4]
    const ac = lossless ? null : tables.ac[places & 15]
    if (!component || !dc || ac === undefined) throw corrupt('a JPEG scan names a component or table that is not there')
    // The DC coefficient of 64 samples that are all darkest or all brightest, and 4 for rounding in the fast transforms
    // of encoders. @see ITU-T T.81 A.3.3
    const highestDc = 2 ** (precision + 2) / (tables.dcSteps[component.quantization] ?? 1) + 4
    return { component, reader: { dc, ac, component: index, highestDc } }
  })
  if (parts.length === 1) {
    const [{ component, reader }] = parts
    const across = Math.ceil(Math.ceil((columns * component.horizontal) / widest) / unit)
    const down = Math.ceil(Math.ceil((rows * component.vertical) / highest) / unit)
    return { readers: [reader], mcus: across * down }
  }
  return {
    readers: parts.flatMap(({ component, reader }) =>
      Array.from({ length: component.horizontal * component.vertical }, () => reader),
    ),
    mcus: Math.ceil(columns / (unit * widest)) * Math.ceil(rows / (unit * highest)),
  }
}

const corrupt = (detail: string, cause?: unknown): StudyRejectedError =>
  new StudyRejectedError('corrupt-pixel-data', detail, { cause })
