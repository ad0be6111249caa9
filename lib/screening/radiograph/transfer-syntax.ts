import { StudyRejectedError } from '../kernel/errors.ts'

export type FrameEncoding = 'native' | 'rle' | 'jpeg' | 'jpeg-ls' | 'jpeg-2000'

export interface TransferSyntax {
  readonly uid: string
  readonly explicitVr: boolean
  readonly bigEndian: boolean
  readonly deflated: boolean
  readonly encoding: FrameEncoding
  /** Lossy syntaxes may overshoot the stored range by a little. */
  readonly lossy: boolean
}

export const implicitLittleEndian = '1.2.840.10008.1.2'
export const explicitLittleEndian = '1.2.840.10008.1.2.1'

const little = { explicitVr: true, bigEndian: false, deflated: false, lossy: false }

/** Every greyscale single-frame transfer syntax that is decoded. @see DICOM PS3.5 10 and Annex A */
const syntaxes: Readonly<Record<string, Omit<TransferSyntax, 'uid'>>> = {
  [implicitLittleEndian]: { ...little, explicitVr: false, encoding: 'native' },
  [explicitLittleEndian]: { ...little, encoding: 'native' },
  '1.2.840.10008.1.2.1.99': { ...little, deflated: true, encoding: 'native' },
  '1.2.840.10008.1.2.2': { ...little, bigEndian: true, encoding: 'native' },
  '1.2.840.10008.1.2.5': { ...little, encoding: 'rle' },
  '1.2.840.10008.1.2.4.50': { ...little, encoding: 'jpeg', lossy: true },
  '1.2.840.10008.1.2.4.51': { ...little, encoding: 'jpeg', lossy: true },
  '1.2.840.10008.1.2.4.57': { ...little, encoding: 'jpeg' },
  '1.2.840.10008.1.2.4.70': { ...little, encoding: 'jpeg' },
  '1.2.840.10008.1.2.4.80': { ...little, encoding: 'jpeg-ls' },
  '1.2.840.10008.1.2.4.81': { ...little, encoding: 'jpeg-ls', lossy: true },
  '1.2.840.10008.1.2.4.90': { ...little, encoding: 'jpeg-2000' },
  '1.2.840.10008.1.2.4.91': { ...little, encoding: 'jpeg-2000', lossy: true },
  '1.2.840.10008.1.2.4.201': { ...little, encoding: 'jpeg-2000' },
  '1.2.840.10008.1.2.4.202': { ...little, encoding: 'jpeg-2000' },
  '1.2.840.10008.1.2.4.203': { ...little, encoding: 'jpeg-2000', lossy: true },
}

/** @throws {StudyRejectedError} unsupported-transfer-syntax */
export function transferSyntaxOf(uid: string): TransferSyntax {
  const syntax = syntaxes[uid]
  if (!syntax) throw new StudyRejectedError('unsupported-transfer-syntax', `transfer syntax ${quoteUid(uid)}`)
  return { uid, ...syntax }
}

/** Text from a file goes into our messages only when it has the form of a UID. */
const quoteUid = (uid: string): string => (/^[\d.]{1,64}$/.test(uid) ? uid : 'that is no UID')
