import { type DeliveryOutcome, delivered, refused, unavailable } from '../delivery-outcome.ts'

/**
 * What an acknowledgement says of the message with this control ID. AE and CE may be of the receiver as well as of the
 * message: it is sent again, and given up when the receiver takes others.
 * @see HL7 v2.5.1, 2.9.2, table 0008
 */
export function judgeAcknowledgement(answer: Uint8Array, controlId: string): DeliveryOutcome {
  const segments = new TextDecoder().decode(answer).split(/[\r\n]+/)
  const header = segments.find((segment) => segment.startsWith('MSH'))
  const separator = header?.[3] ?? '|'
  const [, code, answered] = segments.find((segment) => segment.startsWith(`MSA${separator}`))?.split(separator) ?? []
  if (!header || code === undefined) return unavailable('answer-not-understood')
  if (answered?.trim() !== controlId) return unavailable('answer-of-another')
  switch (code.trim()) {
    case 'AA':
    case 'CA':
      return delivered
    case 'AR':
    case 'CR':
      return refused(`acknowledged-${code.trim() as 'AR' | 'CR'}`)
    case 'AE':
    case 'CE':
      return unavailable(`acknowledged-${code.trim() as 'AE' | 'CE'}`)
    default:
      return unavailable('answer-not-understood')
  }
}
