import { type DeliveryOutcome, delivered, refused, unavailable } from '../delivery-outcome.ts'

/** Says of an object that the receiver has it already. @see DICOM PS3.7 C.5.1 */
const duplicateSopInstance = 0x0111
/** The same, in a code of Microsoft's DICOM service. */
const alreadyStored = 45_070

/**
 * What the status of one object means: stored also with a warning, and where it is there already; out of resources is
 * for now; everything else is final.
 * @see DICOM PS3.4 Table B.2-1, PS3.18 Table I.2-2
 */
export function judgeStatus(status: number): DeliveryOutcome {
  if (status === 0 || status === duplicateSopInstance || status === alreadyStored) return delivered
  if (status >> 12 === 0xb) return delivered
  const code = status.toString(16).toUpperCase().padStart(4, '0')
  return status >> 8 === 0xa7 ? unavailable(`object-${code}`) : refused(`object-${code}`)
}

/** Of several objects: what is final comes before what is for now, and that before success. */
export const worstOf = (outcomes: readonly DeliveryOutcome[]): DeliveryOutcome =>
  outcomes.find(({ kind }) => kind === 'refused') ?? outcomes.find(({ kind }) => kind === 'unavailable') ?? delivered
