import { inflateRawSync } from 'node:zlib'
import dicomParser from 'dicom-parser'
import { StudyRejectedError } from '../kernel/errors.ts'
import { Attributes } from './attributes.ts'
import { type TransferSyntax, transferSyntaxOf } from './transfer-syntax.ts'

/** The library exports this class, its types do not. */
const { DataSet } = dicomParser as unknown as {
  DataSet: new (reader: object, bytes: Uint8Array, elements: object) => dicomParser.DataSet
}

/** More than the largest image allowed takes. Unit: bytes. */
const maximumInflatedBytes = 160 * 1024 * 1024
/** VRs whose length takes four bytes and which dicom-parser does not know. */
const extendedOffsetTags = [0x01, 0x02]

export interface PixelDataElement {
  readonly offset: number
  /** Declared length; 0xFFFFFFFF for encapsulated frames. Unit: bytes. */
  readonly length: number
  readonly vr: string | null
}

export interface ParsedDataSet {
  readonly attributes: Attributes
  readonly syntax: TransferSyntax
  /** The bytes that the offsets count in: the file, or its inflated data set. */
  readonly bytes: Uint8Array
  /** Null when the object has no (integer) pixel data. */
  readonly pixelData: PixelDataElement | null
  readonly warnings: readonly string[]
}

/**
 * Parses a DICOM file up to its pixel data.
 * @param bytes A Part 10 file, or a data set without preamble.
 * @throws {StudyRejectedError} malformed-dicom, truncated, too-large, unsupported-transfer-syntax
 */
export function parseDataSet(bytes: Uint8Array, hasPreamble: boolean): ParsedDataSet {
  const meta = readFileMeta(bytes, hasPreamble ? 132 : 0)
  const guessed = meta.transferSyntaxUid === null
  const explicit = looksExplicit(bytes, meta.end)
  if (guessed && hasPreamble)
    throw new StudyRejectedError('malformed-dicom', 'no TransferSyntaxUID in the file meta group')
  const declared = transferSyntaxOf(meta.transferSyntaxUid ?? (explicit ? '1.2.840.10008.1.2.1' : '1.2.840.10008.1.2'))
  const warnings = guessed ? ['transfer-syntax-assumed'] : []
  const source = declared.deflated ? inflate(bytes.subarray(meta.end)) : bytes
  const start = declared.deflated ? 0 : meta.end
  const syntax = correctVr(declared, looksExplicit(source, start), warnings)
  const parsed = parseBody(source, start, syntax)
  return { ...parsed, syntax, bytes: source, warnings }
}

/** Group 0002 is always explicit little endian; its declared length is not trusted. @see DICOM PS3.10 7.1 */
function readFileMeta(bytes: Uint8Array, start: number): { transferSyntaxUid: string | null; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = start
  let transferSyntaxUid: string | null = null
  while (offset + 8 <= bytes.length && view.getUint16(offset, true) === 0x0002) {
    const element = view.getUint16(offset + 2, true)
    const vr = String.fromCharCode(bytes[offset + 4], bytes[offset + 5])
    const isLong = ['OB', 'OW', 'UN', 'UT', 'SQ'].includes(vr)
    if (!/^[A-Z]{2}$/.test(vr) || (isLong && offset + 12 > bytes.length)) {
      throw new StudyRejectedError('malformed-dicom', 'the file meta group is not explicit little endian')
    }
    const length = isLong ? view.getUint32(offset + 8, true) : view.getUint16(offset + 6, true)
    const value = offset + (isLong ? 12 : 8)
    if (value + length > bytes.length) throw new StudyRejectedError('truncated', 'the file ends within its meta group')
    if (element === 0x0010) {
      transferSyntaxUid = String.fromCharCode(...bytes.subarray(value, value + Math.min(length, 80))).replace(
        /[\0 ]+$/,
        '',
      )
    }
    offset = value + length
  }
  return { transferSyntaxUid, end: offset }
}

function looksExplicit(bytes: Uint8Array, offset: number): boolean {
  return /^[A-Z]{2}$/.test(String.fromCharCode(bytes[offset + 4], bytes[offset + 5]))
}

/** Files that declare implicit and hold explicit VRs, or the reverse, are common enough to be read as they are. */
function correctVr(declared: TransferSyntax, isExplicit: boolean, warnings: string[]): TransferSyntax {
  if (declared.bigEndian || declared.explicitVr === isExplicit) return declared
  warnings.push('vr-encoding-mismatch')
  return { ...declared, explicitVr: isExplicit }
}

function inflate(deflated: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(deflated, { maxOutputLength: maximumInflatedBytes })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new StudyRejectedError('too-large', `the deflated data set exceeds ${maximumInflatedBytes} bytes`, {
        cause,
      })
    }
    if (code === 'Z_BUF_ERROR') throw new StudyRejectedError('truncated', 'the deflated data set ends early', { cause })
    throw new StudyRejectedError('malformed-dicom', 'the deflated data set cannot be inflated', { cause })
  }
}

function parseBody(
  bytes: Uint8Array,
  start: number,
  syntax: TransferSyntax,
): { attributes: Attributes; pixelData: PixelDataElement | null } {
  if (bytes.length - start < 8) throw new StudyRejectedError('truncated', 'the file has no data set')
  const end = extendedOffsetTable(bytes, syntax) ?? bytes.length
  const reader = syntax.bigEndian ? dicomParser.bigEndianByteArrayParser : dicomParser.littleEndianByteArrayParser
  const stream = new dicomParser.ByteStream(reader, bytes, start)
  const dataSet = new DataSet(reader, bytes, {})
  const parse = syntax.explicitVr ? dicomParser.parseDicomDataSetExplicit : dicomParser.parseDicomDataSetImplicit
  try {
    parse(dataSet, stream, end, { untilTag: 'x7fe00010' })
  } catch (cause) {
    throw rejectionOf(cause)
  }
  const found = dataSet.elements.x7fe00010
  const pixelData = found
    ? { offset: found.dataOffset, length: declaredLength(bytes, found.dataOffset, syntax), vr: found.vr ?? null }
    : end < bytes.length
      ? pixelDataAfter(bytes, end)
      : null
  return { attributes: new Attributes(dataSet), pixelData }
}

/** dicom-parser resolves undefined lengths; the one in the file says whether the pixel data is encapsulated. */
function declaredLength(bytes: Uint8Array, dataOffset: number, syntax: TransferSyntax): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(dataOffset - 4, !syntax.bigEndian)
}

/**
 * Where the Extended Offset Table starts: dicom-parser takes its VR, OV, for one with a short length, so it must end
 * there. @see DICOM PS3.3 C.7.6.3.1.8
 */
function extendedOffsetTable(bytes: Uint8Array, syntax: TransferSyntax): number | null {
  if (syntax.encoding === 'native') return null
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const at = buffer.indexOf(Buffer.from([0xe0, 0x7f, 0x01, 0x00, 0x4f, 0x56]))
  return at < 0 ? null : at
}

/** Steps over the Extended Offset Table and its lengths to the pixel data. */
function pixelDataAfter(bytes: Uint8Array, start: number): PixelDataElement | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = start
  while (offset + 12 <= bytes.length && view.getUint16(offset, true) === 0x7fe0) {
    const element = view.getUint16(offset + 2, true)
    const length = view.getUint32(offset + 8, true)
    if (element === 0x0010) {
      return { offset: offset + 12, length, vr: String.fromCharCode(bytes[offset + 4], bytes[offset + 5]) }
    }
    if (!extendedOffsetTags.includes(element)) return null
    offset += 12 + length
  }
  return null
}

/** dicom-parser throws texts; what they mean is told by their kind, never shown: they may quote the file. */
function rejectionOf(cause: unknown): StudyRejectedError {
  if (cause instanceof RangeError) {
    return new StudyRejectedError('too-complex', 'sequences are nested too deeply', { cause })
  }
  const text = typeof cause === 'string' ? cause : String((cause as { exception?: unknown }).exception ?? cause)
  if (/past the end|buffer overrun|eof|exceeds|beyond/i.test(text)) {
    return new StudyRejectedError('truncated', 'an element of the data set reaches beyond the end of the file', {
      cause,
    })
  }
  return new StudyRejectedError('malformed-dicom', 'the data set cannot be parsed', { cause })
}
