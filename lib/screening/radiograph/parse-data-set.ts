import { inflateRawSync } from 'node:zlib'
import { StudyRejectedError } from '../kernel/errors.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import { Attributes, readTags } from './attributes.ts'
import { type DataElement, DataSetReader } from './data-set-reader.ts'
import { readFileMeta } from './file-meta.ts'
import { explicitLittleEndian, implicitLittleEndian, type TransferSyntax, transferSyntaxOf } from './transfer-syntax.ts'

/** More than the largest image allowed takes. Unit: bytes. */
const maximumInflatedBytes = 160 * 1024 * 1024
/** A data set starts with group 0008, seldom with 0004 or 0006; with other groups the byte order is the other one. */
const highestFirstGroup = 0x00ff

export interface ParsedDataSet {
  readonly attributes: Attributes
  readonly syntax: TransferSyntax
  /** The bytes that the offsets count in: the file, or its inflated data set. */
  readonly bytes: Uint8Array
  /** Null when the object has no (integer) pixel data. */
  readonly pixelData: DataElement | null
  readonly warnings: readonly WarningCode[]
}

/**
 * Parses a DICOM file up to its pixel data.
 * @param bytes A Part 10 file, or a data set without preamble.
 * @throws {StudyRejectedError} malformed-dicom, truncated, too-large, too-complex, unsupported-transfer-syntax
 */
export function parseDataSet(bytes: Uint8Array, hasPreamble: boolean): ParsedDataSet {
  const meta = readFileMeta(bytes, hasPreamble ? 132 : 0)
  const isAssumed = meta.transferSyntaxUid === null
  if (isAssumed && hasPreamble) {
    throw new StudyRejectedError('malformed-dicom', 'no TransferSyntaxUID in the file meta group')
  }
  const assumed = looksExplicit(bytes, meta.end) ? explicitLittleEndian : implicitLittleEndian
  const declared = transferSyntaxOf(meta.transferSyntaxUid ?? assumed)
  const warnings: WarningCode[] = isAssumed ? ['transfer-syntax-assumed'] : []
  const source = declared.deflated ? inflate(bytes.subarray(meta.end)) : bytes
  const start = declared.deflated ? 0 : meta.end
  if (source.length - start < 8) throw new StudyRejectedError('truncated', 'the file has no data set')
  assertByteOrder(source, start, declared)
  const syntax = correctVr(declared, looksExplicit(source, start), warnings)
  const reader = new DataSetReader(source, syntax.bigEndian)
  const elements = reader.readElements(start, source.length, syntax.explicitVr, readTags)
  const attributes = new Attributes(elements, reader, syntax.explicitVr)
  return { attributes, syntax, bytes: source, pixelData: attributes.element('PixelData'), warnings }
}

function looksExplicit(bytes: Uint8Array, offset: number): boolean {
  return /^[A-Z]{2}$/.test(String.fromCharCode(bytes[offset + 4], bytes[offset + 5]))
}

function assertByteOrder(bytes: Uint8Array, start: number, { bigEndian }: TransferSyntax): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const group = view.getUint16(start, !bigEndian)
  const swapped = view.getUint16(start, bigEndian)
  if (group > highestFirstGroup && swapped <= highestFirstGroup) {
    throw new StudyRejectedError('malformed-dicom', 'the byte order is not that of the transfer syntax')
  }
}

/** Files that declare implicit and hold explicit VRs, or the reverse, are common enough to be read as they are. */
function correctVr(declared: TransferSyntax, isExplicit: boolean, warnings: WarningCode[]): TransferSyntax {
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
      throw new StudyRejectedError('too-large', `the inflated data set exceeds ${maximumInflatedBytes} bytes`, {
        cause,
      })
    }
    if (code === 'Z_BUF_ERROR') throw new StudyRejectedError('truncated', 'the deflated data set ends early', { cause })
    throw new StudyRejectedError('malformed-dicom', 'the deflated data set cannot be inflated', { cause })
  }
}
