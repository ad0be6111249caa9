import { decodeText } from '../../radiograph/character-set.ts'
import type { IdentityKeyword, SourceIdentity } from '../../radiograph/source-identity.ts'

const escapeCharacter = String.fromCharCode(27)

/**
 * A value of the source in Unicode, for receivers that do not take its character sets. Null where it is not there, is
 * empty, or holds anything that cannot be decoded: an identifier that is nearly right is another patient's.
 * @param keyword One whose value is not several values: backslashes divide those.
 */
export function decodeIdentity(identity: SourceIdentity, keyword: IdentityKeyword): string | null {
  return decodeWhole(identity[keyword] ?? '', characterSetsOf(identity))
}

/**
 * The component groups of a person's name: as it is spelt, ideographic, phonetic. Each is decoded by itself, for each
 * begins anew in the first character set.
 * @see DICOM PS3.5 6.1.2.5.3, 6.2.1
 */
export function decodeNames(
  identity: SourceIdentity,
  keyword: 'PatientName' | 'ReferringPhysicianName',
): (string | null)[] {
  const sets = characterSetsOf(identity)
  return (identity[keyword] ?? '').split('=').map((group) => decodeWhole(group, sets))
}

const characterSetsOf = ({ SpecificCharacterSet }: SourceIdentity): string[] =>
  (SpecificCharacterSet ?? '').split('\\').map((name) => name.trim())

function decodeWhole(bytes: string, sets: readonly string[]): string | null {
  // Without an escape sequence a text is in the first of the sets.
  const text = decodeText(
    Buffer.from(bytes, 'latin1'),
    bytes.includes(escapeCharacter) ? sets : sets.slice(0, 1),
  ).trim()
  return text === '' || isDamaged(text) ? null : text
}

/** Replacement characters, control characters: what a text holds that was decoded by another set than it is in. */
const isDamaged = (text: string): boolean => /[\ufffd\p{Cc}]/u.test(text)
