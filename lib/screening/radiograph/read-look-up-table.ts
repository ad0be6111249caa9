import type { WarningCode } from '../kernel/warnings.ts'
import type { Attributes } from './attributes.ts'
import type { LookUpTable } from './radiograph.ts'

/** The values that go into a table, as far as bits and rescaling let them reach. */
export interface InputRange {
  readonly low: number
  readonly high: number
}

/**
 * The table in an item of ModalityLUTSequence or VOILUTSequence. Null, with a warning, when it was cut short of the
 * values that it has to map: lost entries cannot be guessed.
 * @see DICOM PS3.3 C.11.1.1, C.11.2.1.1
 */
export function readLookUpTable(item: Attributes, input: InputRange, warnings: WarningCode[]): LookUpTable | null {
  const declaredCount = item.uint16('LUTDescriptor', 0)
  const declaredBits = item.uint16('LUTDescriptor', 2)
  const entries =
    declaredCount === null || declaredBits === null ? null : readEntries(item, declaredCount, declaredBits)
  const firstMapped = entries && readFirstMapped(item, entries.length, input)
  const isCutShort =
    entries !== null && entries.length < (declaredCount || 65536) && (firstMapped ?? 0) + entries.length <= input.high
  if (!entries?.length || firstMapped === null || declaredBits === null || isCutShort) {
    warnings.push('lut-unusable')
    return null
  }
  return { firstMapped, bitsPerEntry: bitsOf(entries, declaredBits, warnings), entries }
}

/**
 * The first value that the table maps, signed or unsigned: whichever reading makes the table overlap the values. If
 * both or neither do, the VR decides, or in implicit VR whether the values themselves are signed.
 */
function readFirstMapped(item: Attributes, count: number, { low, high }: InputRange): number | null {
  const readings = [item.uint16('LUTDescriptor', 1), item.int16('LUTDescriptor', 1)]
  const meeting = readings.filter((first) => first !== null && first <= high && first + count > low)
  if (meeting.length === 1) return meeting[0]
  const vr = item.element('LUTDescriptor')?.vr
  const isSigned = vr === 'US' ? false : vr === 'SS' || low < 0
  return readings[isSigned ? 1 : 0]
}

/** The declared number of entries, or as many of them as are there; a declared 0 stands for 65536. */
function readEntries(item: Attributes, declaredCount: number, bits: number): Uint16Array {
  const count = declaredCount || 65536
  const words = item.uint16Count('LUTData')
  // Entries of 8 bits may lie two to a word, the first in the low byte.
  const isPacked = bits <= 8 && words < count && words * 2 >= count
  return Uint16Array.from({ length: Math.min(count, isPacked ? count : words) }, (_, entry) => {
    const word = item.uint16('LUTData', isPacked ? entry >> 1 : entry) ?? 0
    return isPacked ? (word >> (8 * (entry & 1))) & 0xff : word
  })
}

/** The declared bits; but those that the entries use, if they need more or leave two or more unused throughout. */
function bitsOf(entries: Uint16Array, declared: number, warnings: WarningCode[]): number {
  const used = Math.ceil(Math.log2(entries.reduce((a, b) => Math.max(a, b), 1) + 1))
  const isPlausible = declared >= 1 && declared <= 16 && used <= declared && used >= declared - 1
  if (isPlausible) return declared
  warnings.push('lut-bits-mismatch')
  return used
}
