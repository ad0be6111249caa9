/** Value representations whose length takes four bytes. @see DICOM PS3.5 7.1.2 */
const longRepresentations = ['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']

const shortRepresentations = [
  ...['AE', 'AS', 'AT', 'CS', 'DA', 'DS', 'DT', 'FD', 'FL', 'IS', 'LO', 'LT', 'PN', 'SH', 'SL', 'SS', 'ST', 'TM'],
  ...['UI', 'UL', 'US'],
]

const long: ReadonlySet<string> = new Set(longRepresentations)
const short: ReadonlySet<string> = new Set(shortRepresentations)

/** `long`: reserved bytes, then a length of four; `short`: a length of two; null: not one of the standard. */
export function lengthFormOf(vr: string): 'long' | 'short' | null {
  if (short.has(vr)) return 'short'
  return long.has(vr) ? 'long' : null
}
