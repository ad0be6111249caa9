import { constants, inflateRawSync } from 'node:zlib'
import dicomParser, { type DataSet } from 'dicom-parser'

export interface ObjectIdentity {
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  readonly transferSyntaxUid: string
  /** Null where it is empty, or lies behind more than was looked at. */
  readonly studyInstanceUid: string | null
}

/** The identifying attributes come first in a data set. Unit: bytes. */
export const identifyingBytes = 256 * 1024
const maximumInflatedBytes = 64 * identifyingBytes

/** Names a Part 10 file by its first bytes; null when it is none, or says less than an answer has to name. */
export function identifyObject(head: Buffer): ObjectIdentity | null {
  const meta = readOrNull(() => dicomParser.readPart10Header(head))
  const dataSet = readOrNull(() => dicomParser.parseDicom(head, { untilTag: 'x0020000d', inflater }))
  const transferSyntaxUid = uidOf(meta, 'x00020010')
  const sopClassUid = uidOf(dataSet, 'x00080016') ?? uidOf(meta, 'x00020002')
  const sopInstanceUid = uidOf(dataSet, 'x00080018') ?? uidOf(meta, 'x00020003')
  if (transferSyntaxUid === null || sopClassUid === null || sopInstanceUid === null) return null
  return { sopClassUid, sopInstanceUid, transferSyntaxUid, studyInstanceUid: uidOf(dataSet, 'x0020000d') }
}

/** A data set; of one that is cut off or broken, what was read until there; null where nothing was. */
function readOrNull(read: () => DataSet): DataSet | null {
  try {
    return read()
  } catch (error) {
    return (error as { dataSet?: DataSet }).dataSet ?? null
  }
}

/** As much of a deflated data set as comes to no more than the limit: of what is deflated too well, its beginning. */
function inflater(bytes: Uint8Array, start: number): Uint8Array {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maximumInflatedBytes }
  // Deflate makes a byte of 1032 at most, so that the fifth half at the latest fits.
  for (let deflated = bytes.subarray(start); ; deflated = deflated.subarray(0, deflated.length / 2)) {
    try {
      return inflateRawSync(deflated, options)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw error
    }
  }
}

function uidOf(dataSet: DataSet | null, tag: string): string | null {
  const text = dataSet?.string(tag)?.trim() ?? ''
  return /^[0-9.]{1,64}$/.test(text) ? text : null
}
