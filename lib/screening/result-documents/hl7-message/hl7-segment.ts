/** A field as its components; a text alone is one component. What is null or empty is left out. */
export type Hl7Field = string | null | readonly (string | null)[] | Repetitions

/** One field several times. */
export interface Repetitions {
  readonly repeated: readonly Hl7Field[]
}

/** @see HL7 v2.5.1, 2.7.1 Formatting codes */
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\E\\',
  '|': '\\F\\',
  '^': '\\S\\',
  '&': '\\T\\',
  '~': '\\R\\',
  '\r': '\\.br\\',
  '\n': '\\.br\\',
}

/** Text as the value of a field or component. */
export const escapeText = (text: string): string => text.replace(/[\\|^&~\r\n]/g, (character) => escapes[character])

function encodeField(field: Hl7Field): string {
  if (field === null || typeof field === 'string') return escapeText(field ?? '')
  if ('repeated' in field) return field.repeated.map(encodeField).join('~')
  const components = field.map((component) => escapeText(component ?? ''))
  return components.join('^').replace(/\^+$/, '')
}

/**
 * One segment, its fields by their numbers in the standard.
 * @see HL7 v2.5.1, 2.6 Message construction rules
 */
export function encodeSegment(name: string, fields: Readonly<Record<number, Hl7Field>>): string {
  const last = Math.max(...Object.keys(fields).map(Number))
  const encoded = Array.from({ length: last }, (_, index) => encodeField(fields[index + 1] ?? null))
  return [name, ...encoded].join('|').replace(/\|+$/, '')
}
