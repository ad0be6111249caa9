/** Encodings of SpecificCharacterSet, by the names of the WHATWG. @see DICOM PS3.3 C.12.1.1.2 */
const encodings: Readonly<Record<string, string>> = {
  'ISO_IR 100': 'iso-8859-1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'iso-8859-9',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 192': 'utf-8',
  'ISO 2022 IR 87': 'iso-2022-jp',
  'ISO 2022 IR 149': 'euc-kr',
  'ISO 2022 IR 58': 'gb18030',
  GB18030: 'gb18030',
  GBK: 'gbk',
}

const escapeCharacter = String.fromCharCode(27)
/** Escape sequences of ISO 2022. The decoder understands the Japanese ones; the others are removed. */
const escapeSequence = new RegExp(`${escapeCharacter}[$()\\-./][$()\\-./]*[A-Z]`, 'g')

/**
 * The text of a value. What is valid UTF-8 is read as UTF-8, whatever character set is declared: text in another one
 * hardly ever is so by chance.
 */
export function decodeText(bytes: Uint8Array, characterSets: readonly string[]): string {
  const latin = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  if (latin.includes(`${escapeCharacter}$B`)) return new TextDecoder('iso-2022-jp').decode(bytes)
  if (bytes.every((byte) => byte < 0x80)) return latin
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const names = characterSets.map((name) => encodings[name.replace('ISO 2022 IR ', 'ISO_IR ')] ?? encodings[name])
    // Where several are declared, the first is for Latin letters, and those beyond ASCII are in the last.
    const encoding = names.filter((name) => name !== undefined).at(-1) ?? 'iso-8859-1'
    return new TextDecoder(encoding).decode(Buffer.from(latin.replaceAll(escapeSequence, ''), 'latin1'))
  }
}
