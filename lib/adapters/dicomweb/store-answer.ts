import type { ObjectIdentity } from './identify-object.ts'

/** Why an object was not stored. @see DICOM PS3.18 Table I.2-2 */
export const failureReasons = {
  sopClassNotSupported: 0x0122,
  outOfResources: 0xa700,
  notOfThisStudy: 0xa900,
  cannotUnderstand: 0xc000,
  transferSyntaxNotSupported: 0xc122,
} as const

export interface StoreOutcome {
  /** Null where the object could not be named. */
  readonly identity: Pick<ObjectIdentity, 'sopClassUid' | 'sopInstanceUid'> | null
  /** Null where it was stored. */
  readonly failure: number | null
}

type JsonElement = { readonly vr: string; readonly Value?: readonly unknown[] }
type JsonItem = Readonly<Record<string, JsonElement>>

const RetrieveURL = '00081190'
const FailedSOPSequence = '00081198'
const ReferencedSOPSequence = '00081199'
const OtherFailuresSequence = '0008119A'
const FailureReason = '00081197'
const ReferencedSOPClassUID = '00081150'
const ReferencedSOPInstanceUID = '00081155'

/** All, some or none of them stored. @see DICOM PS3.18 Table 10.5.3-1 */
export function statusOf(outcomes: readonly StoreOutcome[]): 200 | 202 | 409 {
  const stored = outcomes.filter(({ failure }) => failure === null).length
  if (stored === 0) return 409
  return stored === outcomes.length ? 200 : 202
}

/** The answer to a store request, in the DICOM JSON model. @see DICOM PS3.18 I.2.2, F.2 */
export function buildStoreAnswer(outcomes: readonly StoreOutcome[]): JsonItem {
  const stored = outcomes.filter(({ failure }) => failure === null)
  const failed = outcomes.filter(({ failure, identity }) => failure !== null && identity)
  const others = outcomes.filter(({ failure, identity }) => failure !== null && !identity)
  return {
    // Nothing is given out again.
    [RetrieveURL]: { vr: 'UR' },
    ...sequence(FailedSOPSequence, failed, (outcome) => ({ ...namesOf(outcome), ...reasonOf(outcome) })),
    ...sequence(ReferencedSOPSequence, stored, (outcome) => ({ ...namesOf(outcome), [RetrieveURL]: { vr: 'UR' } })),
    ...sequence(OtherFailuresSequence, others, reasonOf),
  }
}

const sequence = (tag: string, of: readonly StoreOutcome[], itemOf: (outcome: StoreOutcome) => JsonItem): JsonItem =>
  of.length === 0 ? {} : { [tag]: { vr: 'SQ', Value: of.map(itemOf) } }

const namesOf = ({ identity }: StoreOutcome): JsonItem => ({
  [ReferencedSOPClassUID]: { vr: 'UI', Value: [identity!.sopClassUid] },
  [ReferencedSOPInstanceUID]: { vr: 'UI', Value: [identity!.sopInstanceUid] },
})

const reasonOf = ({ failure }: StoreOutcome): JsonItem => ({ [FailureReason]: { vr: 'US', Value: [failure] } })
