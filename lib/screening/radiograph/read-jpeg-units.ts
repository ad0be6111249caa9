import { StudyRejectedError } from '../kernel/errors.ts'
import type { HuffmanTable } from './huffman-table.ts'

/** Reads the codes of one unit: a difference of lossless JPEG (`ac` null), or a block of 8 × 8 coefficients. */
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

/** Encoders fill the last byte, some of them a few more; zeros and ones there mean nothing. */
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
    const { bytes, end } = takeSegment(jpeg, at)
    const count = restartInterval > 0 ? Math.min(restartInterval, remaining) : remaining
    const left = bytes.length - readSegment(bytes, readers, count)
    if (left > paddingBytes) {
      if (bytes.subarray(-left).some((byte) => byte !== 0 && byte !== 0xff))
        throw corrupt('the JPEG scan goes on after the image ends')
      hasExcess = true
    }
    remaining -= count
    if (remaining === 0) return { end, hasExcess }
    if (jpeg[end + 1] !== (0xd0 | (restart & 7))) throw corrupt('a JPEG restart marker is missing')
    at = end + 2
  }
}

/** The bytes up to the next marker, those that were stuffed after FF taken out. @see ITU-T T.81 B.1.1.5 */
function takeSegment(jpeg: Uint8Array, start: number): { readonly bytes: Uint8Array; readonly end: number } {
  let bytes = new Uint8Array(0)
  let from = start
  let length = 0
  for (;;) {
    const at = jpeg.indexOf(0xff, from)
    if (at < 0 || at + 1 >= jpeg.length) throw corrupt('the JPEG has no end marker: it was cut short')
    const isStuffed = jpeg[at + 1] === 0
    const part = jpeg.subarray(from, isStuffed ? at + 1 : at)
    if (bytes.length < length + part.length) {
      const larger = new Uint8Array(Math.max(2 * bytes.length, length + part.length, 4096))
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
    return { bytes: bytes.subarray(0, length), end }
  }
}

/** Reads the codes of `mcus` MCUs. @returns the number of bytes that they take, the last one begun included */
function readSegment(bytes: Uint8Array, readers: readonly UnitReader[], mcus: number): number {
  const available = bytes.length
  let position = 0
  let buffer = 0
  let held = 0
  let extra = 0
  const predictions = new Float64Array(readers.length)

  /** At least 25 bits, zeros behind the end: the longest code has 16, what follows it at most 16. */
  const fill = (): void => {
    while (held <= 24) {
      buffer = (buffer << 8) | (position < available ? bytes[position] : 0)
      position++
      held += 8
    }
  }
  /** One code and the bits that go with it. @returns its symbol */
  const take = (table: HuffmanTable, bitsMask: number): number => {
    fill()
    const entry = table[(buffer >>> (held - 16)) & 0xffff]
    if (entry === 0) throw corrupt('the JPEG scan holds a code that is not in its table')
    held -= entry >> 8
    const symbol = entry & 0xff
    const bits = symbol & bitsMask
    extra = 0
    // Category 16 of lossless JPEG has one value only. @see ITU-T T.81 H.1.2.2
    if (bits !== 0 && bits < 16) {
      fill()
      held -= bits
      extra = (buffer >>> held) & ((1 << bits) - 1)
    }
    return symbol
  }

  for (let mcu = 0; mcu < mcus; mcu++) {
    for (const { dc, ac, component, highestDc } of readers) {
      const bits = take(dc, 0x1f)
      if (!ac) continue
      // The lower half of a category's codes are its negative values. @see ITU-T T.81 F.1.2.1.1
      const codes = 1 << bits
      predictions[component] += extra < codes >> 1 ? extra + 1 - codes : extra
      if (Math.abs(predictions[component]) > highestDc) throw corrupt('a JPEG block is brighter or darker than can be')
      for (let coefficient = 1; coefficient < 64; ) {
        const symbol = take(ac, 15)
        if ((symbol & 15) === 0 && symbol !== zeroRun) break
        coefficient += (symbol >> 4) + 1
        if (coefficient > 64) throw corrupt('a JPEG block has more than 64 coefficients')
      }
    }
    if (position > available + 4) throw corrupt('the JPEG scan ends before the image does')
  }
  const taken = position - (held >> 3)
  if (taken > available) throw corrupt('the JPEG scan ends before the image does')
  return taken
}

const corrupt = (detail: string): StudyRejectedError => new StudyRejectedError('corrupt-pixel-data', detail)
