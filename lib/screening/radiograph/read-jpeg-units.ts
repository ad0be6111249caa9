import { StudyRejectedError } from '../kernel/errors.ts'
import type { HuffmanTable } from './huffman-table.ts'

/**
 * What the codes of one unit are read by: a difference of lossless JPEG (`ac` null), or a block of 8 × 8 coefficients.
 */
export interface UnitReader {
  readonly dc: HuffmanTable
  readonly ac: HuffmanTable | null
  /** Which of the scan's components: each has its own prediction. */
  readonly component: number
  /** No block of samples has a quantized DC coefficient beyond this. */
  readonly highestDc: number
}

/** ZRL: sixteen coefficients of 0. Any other symbol without bits ends the block. @see ITU-T T.81 F.2.2.2 */
const zeroRun = 0xf0

/** Encoders pad the last byte, some of them a few more. Unit: bytes. */
const paddingBytes = 2

/**
 * Reads the codes of a scan's entropy-coded segments up to the marker that ends it.
 * @param offset Where the first entropy-coded byte lies.
 * @returns where that marker lies, and whether bytes before it or before a restart marker were left over
 * @throws {StudyRejectedError} corrupt-pixel-data
 * @see ITU-T T.81 E.2.4, F.2.2, H.2.2
 */
export function readUnits(
  jpeg: Uint8Array,
  offset: number,
  { readers, mcus }: { readonly readers: readonly UnitReader[]; readonly mcus: number },
  restartInterval: number,
): { readonly end: number; readonly hasExcess: boolean } {
  let hasExcess = false
  let at = offset
  let remaining = mcus
  for (let restart = 0; ; restart++) {
    const { bytes, length, end } = takeSegment(jpeg, at)
    const count = restartInterval > 0 ? Math.min(restartInterval, remaining) : remaining
    const taken = readSegment(bytes, length, readers, count)
    if (length - taken > paddingBytes) {
      if (bytes.subarray(taken, length).some((byte) => byte !== 0 && byte !== 0xff)) {
        throw corrupt('the JPEG scan goes on after the image ends')
      }
      hasExcess = true
    }
    remaining -= count
    if (remaining === 0) return { end, hasExcess }
    if (jpeg[end + 1] !== (0xd0 | (restart & 7))) throw corrupt('a JPEG restart marker is missing')
    at = end + 2
  }
}

/** Zeros behind a segment, so that `peek` may read past its last bits. Unit: bytes. */
const lookahead = 8

/** The bytes up to the next marker, those that were stuffed after FF taken out. @see ITU-T T.81 B.1.1.5 */
function takeSegment(
  jpeg: Uint8Array,
  start: number,
): { readonly bytes: Uint8Array; readonly length: number; readonly end: number } {
  let bytes = new Uint8Array(0)
  let from = start
  let length = 0
  for (;;) {
    const at = jpeg.indexOf(0xff, from)
    if (at < 0 || at + 1 >= jpeg.length) throw corrupt('the JPEG has no end marker: it was cut short')
    const isStuffed = jpeg[at + 1] === 0
    const part = jpeg.subarray(from, isStuffed ? at + 1 : at)
    const needed = length + part.length + lookahead
    if (bytes.length < needed) {
      const larger = new Uint8Array(Math.max(2 * bytes.length, needed, 4096))
      larger.set(bytes.subarray(0, length))
      bytes = larger
    }
    bytes.set(part, length)
    length += part.length
    if (isStuffed) {
      from = at + 2
      continue
    }
    // Further FF bytes before a marker are fill.
    let end = at
    while (jpeg[end + 1] === 0xff) end++
    return { bytes, length, end }
  }
}

/**
 * Reads the codes of `mcus` MCUs. The next 16 bits, of which no code has more, are taken out in place: this runs for
 * every coefficient, and variables that inner functions share are several times as slow.
 * @returns the number of bytes that they take, the last one begun included
 */
function readSegment(bytes: Uint8Array, length: number, readers: readonly UnitReader[], mcus: number): number {
  const predictions = new Float64Array(readers.length)
  const lastBit = 8 * length
  let bit = 0
  for (let mcu = 0; mcu < mcus; mcu++) {
    for (let unit = 0; unit < readers.length; unit++) {
      const { dc, ac, component, highestDc } = readers[unit]
      const first = dc[bitsAt(bytes, bit)]
      if (first === 0) throw unknownCode()
      bit += first >> 8
      const category = first & 0x1f
      if (ac === null) {
        // Category 16 of lossless JPEG has one value, and so no bits. @see ITU-T T.81 H.1.2.2
        bit += category & 15
      } else {
        // The lower half of a category's codes are its negative values. @see ITU-T T.81 F.1.2.1.1
        const extra = bitsAt(bytes, bit) >>> (16 - category)
        const codes = 1 << category
        predictions[component] += extra < codes >> 1 ? extra + 1 - codes : extra
        if (Math.abs(predictions[component]) > highestDc)
          throw corrupt('a JPEG block is brighter or darker than can be')
        bit += category
        for (let coefficient = 1; coefficient < 64; ) {
          const entry = ac[bitsAt(bytes, bit)]
          if (entry === 0) throw unknownCode()
          bit += entry >> 8
          const symbol = entry & 0xff
          if ((symbol & 15) === 0 && symbol !== zeroRun) break
          bit += symbol & 15
          coefficient += (symbol >> 4) + 1
          if (coefficient > 64) throw corrupt('a JPEG block has more than 64 coefficients')
        }
      }
      if (bit > lastBit) throw corrupt('the JPEG scan ends before the image does')
    }
  }
  return Math.ceil(bit / 8)
}

/** The 16 bits from `bit` on. */
function bitsAt(bytes: Uint8Array, bit: number): number {
  const at = bit >>> 3
  return (((bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]) >>> (8 - (bit & 7))) & 0xffff
}

const unknownCode = (): StudyRejectedError => corrupt('the JPEG scan holds a code that is not in its table')

const corrupt = (detail: string): StudyRejectedError => new StudyRejectedError('corrupt-pixel-data', detail)
