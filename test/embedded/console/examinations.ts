/** A phantom's file as another study: of a patient, by an issuer, of a day. */
export interface OtherExamination {
  /** Twelve letters; none: the file names no patient. */
  readonly patientId: string
  /** `yyyymmdd`. */
  readonly date: string
  readonly issuer?: string
}

/** Explicit VR little endian, as phantoms are. */
export function asExamination(file: Uint8Array, { patientId, date, issuer }: OtherExamination): Uint8Array {
  const bytes = Buffer.from(file)
  const patient = bytes.indexOf(Buffer.from([0x10, 0, 0x20, 0, 0x4c, 0x4f]))
  if (patient < 0) throw new Error('the phantom is not in explicit VR little endian')
  const length = bytes.readUInt16LE(patient + 6)
  bytes.write(patientId.padEnd(length), patient + 8, 'latin1')
  const study = bytes.indexOf(Buffer.from([0x08, 0, 0x20, 0, 0x44, 0x41]))
  bytes.write(date, study + 8, 'latin1')
  const uid = bytes.indexOf(Buffer.from([0x20, 0, 0x0d, 0, 0x55, 0x49]))
  const uidEnd = uid + 8 + bytes.readUInt16LE(uid + 6)
  // A digit in the place of what pads it.
  bytes.write(`1${date}`, uidEnd - 9, 'latin1')
  if (issuer === undefined) return new Uint8Array(bytes)
  const even = issuer.length % 2 === 0 ? issuer : `${issuer} `
  const element = Buffer.from([0x10, 0, 0x21, 0, 0x4c, 0x4f, even.length, 0, ...Buffer.from(even)])
  const behind = patient + 8 + length
  return new Uint8Array(Buffer.concat([bytes.subarray(0, behind), element, bytes.subarray(behind)]))
}
