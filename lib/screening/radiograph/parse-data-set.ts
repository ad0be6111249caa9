import { inflateRawSync } from 'node:zlib'
import { StudyRejectedError } from '../kernel/errors.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import { Attributes, readTags } from './attributes.ts'
import { DataSetReader, type ElementMap } from './data-set-reader.ts'
import { type DataElement, looksLikeHeader, readTag } from './element-header.ts'
import { type FileMeta, readFileMeta } from './file-meta.ts'
import {
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
  type TransferSyntax,
  transferSyntaxOf,
} from './transfer-syntax.ts'
import { lengthFormOf } from './value-representations.ts'

/** More than the largest image that is allowed takes. Unit: bytes. */
const maximumInflatedBytes = 160 * 1024 * 1024
/** A data set starts with group 0008, seldom 0004 or 0006. A group above this was read in the wrong byte order. */
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

export interface ParsedUntilFailure extends ParsedDataSet {
  /** Why the file is refused; null when it was read to its end. */
  readonly failure: StudyRejectedError | null
}

/**
 * Parses a DICOM file up to its pixel data.
 * @param bytes A Part 10 file, or a data set without preamble.
 * @throws {StudyRejectedError} malformed-dicom, truncated, too-large, too-complex, unsupported-transfer-syntax
 */
export function parseDataSet(bytes: Uint8Array, hasPreamble: boolean): ParsedDataSet {
  const { failure, ...parsed } = parseUntilFailure(bytes, hasPreamble)
  if (failure) throw failure
  return parsed
}

/**
 * Parses a DICOM file as far as it can be read, so that even a refused study can be matched to its worklist entry.
 * @throws {StudyRejectedError} where not even its encoding can be told
 */
export function parseUntilFailure(bytes: Uint8Array, hasPreamble: boolean): ParsedUntilFailure {
  const meta = readFileMeta(bytes, hasPreamble ? 132 : 0)
  const uid = meta.transferSyntaxUid ?? assumedSyntax(bytes, meta.end)
  const known = attempt(() => transferSyntaxOf(uid))
  // Every compressed syntax writes its attributes in explicit VR little endian. @see DICOM PS3.5 A.4
  const declared = known.value ?? transferSyntaxOf(explicitLittleEndian)
  const read = attempt(() => readDataSet(bytes, meta, declared))
  if (!read.value) throw known.failure ?? read.failure
  return { ...read.value, failure: known.failure ?? read.value.failure }
}

function readDataSet(bytes: Uint8Array, meta: FileMeta, declared: TransferSyntax): ParsedUntilFailure {
  const warnings: WarningCode[] = [
    ...(meta.transferSyntaxUid === null ? (['transfer-syntax-assumed'] as const) : []),
    ...(meta.isImplicit ? (['vr-encoding-mismatch'] as const) : []),
  ]
  const source = declared.deflated ? inflate(bytes.subarray(meta.end)) : bytes
  const start = declared.deflated ? 0 : meta.end
  if (source.length - start < 8) throw new StudyRejectedError('truncated', 'the file has no data set')
  assertByteOrder(source, start, declared)
  const syntax = correctVr(declared, isExplicit(source, start, declared), warnings)
  const encoding = { explicitVr: syntax.explicitVr, littleEndian: !syntax.bigEndian }
  const reader = new DataSetReader(source)
  const elements: ElementMap = new Map()
  const { failure } = attempt(() => reader.readElements(start, source.length, encoding, readTags, elements))
  // An element that reaches beyond the end of the file has no value: the memory behind it is not the file's.
  if (failure)
    for (const [tag, { offset, length }] of elements) if (offset + length > source.length) elements.delete(tag)
  const attributes = new Attributes(elements, reader, encoding)
  return { attributes, syntax, bytes: source, pixelData: attributes.element('PixelData'), warnings, failure }
}

function attempt<T>(read: () => T): { value: T | null; failure: StudyRejectedError | null } {
  try {
    return { value: read(), failure: null }
  } catch (error) {
    if (error instanceof StudyRejectedError) return { value: null, failure: error }
    throw error
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The native syntax that the first element looks like. Compressed pixel data is recognised separately. */
function assumedSyntax(bytes: Uint8Array, start: number): string {
  if (start + 8 > bytes.length) return implicitLittleEndian
  if (viewOf(bytes).getUint16(start, true) > highestFirstGroup) return explicitBigEndian
  return representationAt(bytes, start) === null ? implicitLittleEndian : explicitLittleEndian
}

const representationAt = (bytes: Uint8Array, offset: number): 'long' | 'short' | null =>
  lengthFormOf(String.fromCharCode(bytes[offset + 4], bytes[offset + 5]))

function isExplicit(bytes: Uint8Array, start: number, { explicitVr, bigEndian }: TransferSyntax): boolean {
  if (representationAt(bytes, start) !== null) return true
  if (!explicitVr || bigEndian) return explicitVr
  const view = viewOf(bytes)
  const second = start + 8 + view.getUint32(start + 4, true)
  const implicit = { explicitVr: false, littleEndian: true }
  return !looksLikeHeader(view, second, bytes.length, implicit, readTag(view, start, true), 'surely')
}

function assertByteOrder(bytes: Uint8Array, start: number, { bigEndian }: TransferSyntax): void {
  const view = viewOf(bytes)
  if (view.getUint16(start, !bigEndian) <= highestFirstGroup) return
  const isSwapped = view.getUint16(start, bigEndian) <= highestFirstGroup
  throw new StudyRejectedError(
    'malformed-dicom',
    isSwapped ? 'the byte order is not that of the transfer syntax' : 'no data set starts behind the file meta group',
  )
}

/** Files that declare implicit and hold explicit VRs, or the reverse, are common enough to be read as they are. */
function correctVr(declared: TransferSyntax, explicitVr: boolean, warnings: WarningCode[]): TransferSyntax {
  if (declared.bigEndian || declared.explicitVr === explicitVr) return declared
  if (!warnings.includes('vr-encoding-mismatch')) warnings.push('vr-encoding-mismatch')
  return { ...declared, explicitVr }
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
