import { lengthFormOf } from './value-representations.ts'

export const undefinedLength = 0xffffffff

export const itemTag = 0xfffee000
export const itemDelimiterTag = 0xfffee00d
export const sequenceDelimiterTag = 0xfffee0dd
export const pixelDataTag = 0x7fe00010

/** How elements are written. It may change within a file: a sequence of unknown VR is written in implicit little endian. */
export interface Encoding {
  readonly explicitVr: boolean
  readonly littleEndian: boolean
}

/** Where an element's value lies. */
export interface DataElement {
  /** Null in implicit VR. */
  readonly vr: string | null
  readonly offset: number
  /** As declared; 0xFFFFFFFF when undefined. Unit: bytes. */
  readonly length: number
}

export interface ElementHeader extends DataElement {
  readonly tag: number
  /** The header breaks the rules of the encoding, and was read in the way after which another header follows. */
  readonly isOdd: boolean
}

export function readTag(view: DataView, offset: number, littleEndian: boolean): number {
  return view.getUint16(offset, littleEndian) * 65536 + view.getUint16(offset + 2, littleEndian)
}

export const isDelimiter = (tag: number): boolean => Math.floor(tag / 65536) === 0xfffe

/**
 * Reads the header at `offset`; null where there is not enough room for one. Writers invent VRs (`??`, two blanks),
 * leave private elements implicit in an explicit data set or explicit in an implicit one, give a long VR a short
 * length or write into the reserved bytes: of the possible readings, the first after which another header stands is taken.
 * @see DICOM PS3.5 7.1
 */
export function readElementHeader(
  view: DataView,
  offset: number,
  end: number,
  encoding: Encoding,
): ElementHeader | null {
  if (offset + 8 > end) return null
  const { littleEndian, explicitVr } = encoding
  const tag = readTag(view, offset, littleEndian)
  const word = view.getUint32(offset + 4, littleEndian)
  const implicit = { tag, vr: null, offset: offset + 8, length: word }
  if (isDelimiter(tag)) return { ...implicit, isOdd: false }
  const vr = String.fromCharCode(view.getUint8(offset + 4), view.getUint8(offset + 5))
  const form = lengthFormOf(vr)
  if (!explicitVr && form === null) return { ...implicit, isOdd: false }

  const reserved = view.getUint16(offset + 6, littleEndian)
  const short = { tag, vr, offset: offset + 8, length: reserved }
  if (explicitVr && form === 'short') return { ...short, isOdd: false }
  const mayBeLong = (reserved === 0 || form === 'long') && offset + 12 <= end
  const long = mayBeLong ? [readLong(view, offset, tag, vr, littleEndian)] : []
  if (explicitVr && form === 'long' && reserved === 0) return long.length > 0 ? { ...long[0], isOdd: false } : null

  const explicit = form === 'short' ? [short] : [...long, short]
  const readings = explicitVr && /^[A-Z]{2}$/.test(vr) ? [...explicit, implicit] : [implicit, ...explicit]
  const sensible =
    readings.find((reading) => isFollowedByHeader(view, reading, end, encoding, 'surely')) ??
    readings.find((reading) => isFollowedByHeader(view, reading, end, encoding, 'perhaps')) ??
    readings[0]
  return { ...sensible, isOdd: explicitVr || sensible !== implicit }
}

function readLong(view: DataView, offset: number, tag: number, vr: string, littleEndian: boolean) {
  return { tag, vr, offset: offset + 12, length: view.getUint32(offset + 8, littleEndian) }
}

/** The next element may be written as this one is read, or as the encoding asks for. */
function isFollowedByHeader(
  view: DataView,
  { tag, vr, offset, length }: DataElement & { tag: number },
  end: number,
  encoding: Encoding,
  certainty: 'surely' | 'perhaps',
): boolean {
  if (length === undefinedLength) return startsWithItem(view, offset, end) !== null
  const next = offset + length
  return (
    looksLikeHeader(view, next, end, { ...encoding, explicitVr: vr !== null }, tag, certainty) ||
    looksLikeHeader(view, next, end, encoding, tag, certainty)
  )
}

/**
 * Whether an element, a delimiter or the end may stand here, after an element of tag `previous`.
 * @param certainty `perhaps` asks for a higher tag only; `surely` also for a VR of the standard or, in implicit VR, for
 * a length that leads to another such header, and so on for `stepsLeft` headers.
 */
export function looksLikeHeader(
  view: DataView,
  offset: number,
  end: number,
  encoding: Encoding,
  previous: number,
  certainty: 'surely' | 'perhaps',
  stepsLeft = 3,
): boolean {
  if (offset === end) return true
  if (offset + 8 > end) return false
  const tag = readTag(view, offset, encoding.littleEndian)
  if (tag === itemDelimiterTag || tag === sequenceDelimiterTag) return true
  if (tag <= previous) return false
  if (certainty === 'perhaps' || stepsLeft === 0) return true
  const vr = String.fromCharCode(view.getUint8(offset + 4), view.getUint8(offset + 5))
  if (lengthFormOf(vr) !== null) return true
  if (encoding.explicitVr) return false
  const length = view.getUint32(offset + 4, encoding.littleEndian)
  if (length === undefinedLength) return startsWithItem(view, offset + 8, end) !== null
  const next = offset + 8 + length
  return tag === pixelDataTag || looksLikeHeader(view, next, end, encoding, tag, certainty, stepsLeft - 1)
}

/** The byte order of the item or delimiter here; null where there is none. */
export function startsWithItem(view: DataView, offset: number, end: number): 'little' | 'big' | null {
  if (offset + 8 > end) return null
  const isItem = (littleEndian: boolean): boolean => {
    const tag = readTag(view, offset, littleEndian)
    return tag === itemTag || tag === sequenceDelimiterTag
  }
  if (isItem(true)) return 'little'
  return isItem(false) ? 'big' : null
}
