import { identifyingBytes, identifyObject } from '../dicomweb/identify-object.ts'

/** One of our DICOM objects, as it is sent. */
export interface OutgoingObject {
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  readonly transferSyntaxUid: string
  /** The whole Part 10 file. */
  readonly file: Buffer
  /** What stands behind the file meta information. */
  readonly dataSet: Buffer
}

/** Preamble and prefix. Unit: bytes. */
const headBytes = 132
/** (0002,0000) with its value. Unit: bytes. */
const groupLengthBytes = 12

/** Null for what is no Part 10 file of ours. */
export function readOutgoingObject(bytes: Uint8Array): OutgoingObject | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const identity = identifyObject(file.subarray(0, identifyingBytes))
  if (!identity || file.length < headBytes + groupLengthBytes) return null
  const dataSetAt = headBytes + groupLengthBytes + file.readUInt32LE(headBytes + 8)
  return { ...identity, file, dataSet: file.subarray(dataSetAt) }
}
