/*
 * A path of Linux is bytes, and need not be UTF-8. Here it stays a string: a byte that belongs to no UTF-8 sequence is
 * one lone surrogate, U+DC00 + byte, as Python's `surrogateescape` has it. The form is unambiguous, JSON carries it
 * (`"M\udcfcller.dcm"`), and Python's `open` takes it as it is.
 */

/** One UTF-8 sequence, in a string with a character for each byte. */
const utf8Sequence =
  /^(?:[^\x80-\xff]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})/
const loneByte = /[\udc80-\udcff]/u

/** The string of a path's bytes. @see PEP 383 */
export function decodePath(bytes: Buffer): string {
  const utf8 = bytes.toString('utf8')
  if (!utf8.includes('\ufffd')) return utf8
  const perByte = bytes.toString('latin1')
  let text = ''
  for (let at = 0; at < perByte.length; ) {
    const sequence = utf8Sequence.exec(perByte.slice(at, at + 4))?.[0]
    text += sequence ? Buffer.from(sequence, 'latin1').toString('utf8') : String.fromCharCode(0xdc00 + bytes[at])
    at += sequence?.length ?? 1
  }
  return text
}

/** What the file system is to be asked for: the string itself, or bytes where the path is not UTF-8. */
export function encodePath(path: string): string | Buffer {
  if (!loneByte.test(path)) return path
  const parts = [...path].map((character) =>
    loneByte.test(character) ? Buffer.of(character.charCodeAt(0) - 0xdc00) : Buffer.from(character, 'utf8'),
  )
  return Buffer.concat(parts)
}

/** A path for a table or a file name in UTF-8: a byte that belongs to none is written as `%FC`. */
export const utf8PathOf = (path: string): string =>
  path.replace(/[\udc80-\udcff]/gu, (byte) => `%${(byte.charCodeAt(0) - 0xdc00).toString(16).toUpperCase()}`)

/** A path for a person to read: nothing in it can steer a terminal or turn its text around. */
export function displayPath(path: string): string {
  return path.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0)!
    if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16).toUpperCase()}`
    return code < 0x100
      ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
      : `\\u{${code.toString(16).toUpperCase()}}`
  })
}
