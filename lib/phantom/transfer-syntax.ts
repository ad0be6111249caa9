/** Every transfer syntax that phantoms are written in. @see DICOM PS3.5 A */
export const transferSyntaxes = {
  'implicit-little-endian': '1.2.840.10008.1.2',
  'explicit-little-endian': '1.2.840.10008.1.2.1',
  'deflated-explicit-little-endian': '1.2.840.10008.1.2.1.99',
  'explicit-big-endian': '1.2.840.10008.1.2.2',
  rle: '1.2.840.10008.1.2.5',
  'jpeg-baseline': '1.2.840.10008.1.2.4.50',
  'jpeg-lossless-sv1': '1.2.840.10008.1.2.4.70',
  'jpeg-ls-lossless': '1.2.840.10008.1.2.4.80',
  'jpeg-2000-lossless': '1.2.840.10008.1.2.4.90',
  'htj2k-lossless': '1.2.840.10008.1.2.4.201',
} as const

export type TransferSyntax = keyof typeof transferSyntaxes

/** Syntaxes whose stored values may differ from the drawn ones. */
export function isLossy(syntax: TransferSyntax): boolean {
  return syntax === 'jpeg-baseline'
}

/** Syntaxes whose pixel data is a sequence of fragments. */
export function isEncapsulated(syntax: TransferSyntax): boolean {
  return ![
    'implicit-little-endian',
    'explicit-little-endian',
    'deflated-explicit-little-endian',
    'explicit-big-endian',
  ].includes(syntax)
}
