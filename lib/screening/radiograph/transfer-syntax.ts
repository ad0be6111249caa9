import { StudyRejectedError } from '../kernel/errors.ts'
import type { CodestreamKind } from '../kernel/ports.ts'

export interface TransferSyntax {
  readonly uid: string
  readonly explicitVr: boolean
  readonly bigEndian: boolean
  readonly deflated: boolean
  /** Pixels are in big endian; in General Electric's private syntax the elements are not. */
  readonly bigEndianPixels: boolean
  readonly encoding: 'native' | 'rle' | 'codestream'
  /** The codestreams that the syntax may hold; empty for native and RLE. */
  readonly kinds: readonly CodestreamKind[]
  /** Lossy syntaxes may overshoot the stored range by a little. */
  readonly lossy: boolean
}

export const implicitLittleEndian = '1.2.840.10008.1.2'
export const explicitLittleEndian = '1.2.840.10008.1.2.1'
export const explicitBigEndian = '1.2.840.10008.1.2.2'

const little: Omit<TransferSyntax, 'uid'> = {
  explicitVr: true,
  bigEndian: false,
  deflated: false,
  bigEndianPixels: false,
  encoding: 'native',
  kinds: [],
  lossy: false,
}

const lossless = (...kinds: CodestreamKind[]) => ({ ...little, encoding: 'codestream', kinds }) as const
const lossy = (...kinds: CodestreamKind[]) => ({ ...lossless(...kinds), lossy: true })

/** Every greyscale single-frame transfer syntax that is decoded. @see DICOM PS3.5 10 and Annex A */
const syntaxes = new Map<string, Omit<TransferSyntax, 'uid'>>([
  [implicitLittleEndian, { ...little, explicitVr: false }],
  [explicitLittleEndian, little],
  ['1.2.840.10008.1.2.1.99', { ...little, deflated: true }],
  [explicitBigEndian, { ...little, bigEndian: true, bigEndianPixels: true }],
  ['1.2.840.113619.5.2', { ...little, explicitVr: false, bigEndianPixels: true }],
  ['1.2.840.10008.1.2.5', { ...little, encoding: 'rle' }],
  ['1.2.840.10008.1.2.4.50', lossy('jpeg-8')],
  ['1.2.840.10008.1.2.4.51', lossy('jpeg-8', 'jpeg-12')],
  ['1.2.840.10008.1.2.4.57', lossless('jpeg-lossless')],
  ['1.2.840.10008.1.2.4.70', lossless('jpeg-lossless')],
  ['1.2.840.10008.1.2.4.80', lossless('jpeg-ls')],
  ['1.2.840.10008.1.2.4.81', lossy('jpeg-ls')],
  ['1.2.840.10008.1.2.4.90', lossless('jpeg-2000')],
  ['1.2.840.10008.1.2.4.91', lossy('jpeg-2000')],
  ['1.2.840.10008.1.2.4.201', lossless('htj2k')],
  ['1.2.840.10008.1.2.4.202', lossless('htj2k')],
  ['1.2.840.10008.1.2.4.203', lossy('htj2k')],
])

export const decodedTransferSyntaxes: readonly string[] = [...syntaxes.keys()]

/** @throws {StudyRejectedError} unsupported-transfer-syntax */
export function transferSyntaxOf(uid: string): TransferSyntax {
  const syntax = syntaxes.get(uid)
  if (!syntax) throw new StudyRejectedError('unsupported-transfer-syntax', `transfer syntax ${quoteUid(uid)}`)
  return { uid, ...syntax }
}

/** Text from a file goes into our messages only when it has the form of a UID. */
const quoteUid = (uid: string): string => (/^[\d.]{1,64}$/.test(uid) ? uid : 'that is no UID')
