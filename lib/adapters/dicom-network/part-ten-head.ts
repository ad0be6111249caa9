/** What stands before the data set in a file. */
export interface FileMetaInformation {
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  readonly transferSyntaxUid: string
}

/** A UUID of ours in decimal. @see DICOM PS3.5 B.2 */
export const implementationClassUid = '2.25.19391091617008859241465163016313453010'
/** Without a version: the same object received by a later release is the same file. */
export const implementationVersionName = 'PLEURA'

const longRepresentations = ['OB']

/**
 * Preamble, prefix and group 0002 of a Part 10 file, a function of its arguments alone: the same object is the same
 * file, whoever sends it. @see DICOM PS3.10 7.1
 */
export function buildPartTenHead(meta: FileMetaInformation): Buffer {
  const group = Buffer.concat([
    element(0x0001, 'OB', Buffer.of(0, 1)),
    element(0x0002, 'UI', uid(meta.sopClassUid)),
    element(0x0003, 'UI', uid(meta.sopInstanceUid)),
    element(0x0010, 'UI', uid(meta.transferSyntaxUid)),
    element(0x0012, 'UI', uid(implementationClassUid)),
    element(0x0013, 'SH', Buffer.from(implementationVersionName, 'latin1')),
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(group.length)
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM', 'latin1'), element(0x0000, 'UL', length), group])
}

/** Of even length. */
function uid(text: string): Buffer {
  return Buffer.from(text.length % 2 === 0 ? text : `${text}\0`, 'latin1')
}

function element(number: number, representation: string, value: Buffer): Buffer {
  const isLong = longRepresentations.includes(representation)
  const header = Buffer.alloc(isLong ? 12 : 8)
  header.writeUInt16LE(0x0002, 0)
  header.writeUInt16LE(number, 2)
  header.write(representation, 4, 'latin1')
  if (isLong) header.writeUInt32LE(value.length, 8)
  else header.writeUInt16LE(value.length, 6)
  return Buffer.concat([header, value])
}
