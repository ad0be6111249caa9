import { escapeText } from '../../screening/result-documents/hl7-message/hl7-segment.ts'

/** Characters that would begin or end a block. @see HL7 v2 Transport: MLLP Release 1 */
const framing = ['\u000b', '\u001c']

export interface AddressedMessage {
  readonly text: string
  /** MSH-10, which the answer must name. */
  readonly controlId: string
}

/** Fills in the receiver (MSH-5, MSH-6). @returns null when the text is no message of HL7 v2 */
export function addressMessage(
  message: Uint8Array,
  { receivingApplication, receivingFacility }: { receivingApplication: string; receivingFacility: string },
): AddressedMessage | null {
  const [header, ...segments] = withoutFraming(new TextDecoder().decode(message)).split('\r')
  // MSH-1 is the separator itself, so that MSH-n stands at n - 1.
  const fields = header.split('|')
  const controlId = fields[9] ?? ''
  if (fields[0] !== 'MSH' || controlId === '') return null
  fields[4] = escapeText(receivingApplication)
  fields[5] = escapeText(receivingFacility)
  return { text: [fields.join('|'), ...segments].join('\r'), controlId }
}

const withoutFraming = (text: string): string =>
  framing.reduce((rest, character) => rest.replaceAll(character, ''), text)
