/**
 * `not-asked-for`: the image was screened without the documents that the target gets (`--documents`).
 * `image-has-none`: they were asked for, and an image of this kind has none; a PNG has no study.
 */
export type NothingToSendCode = 'not-asked-for' | 'image-has-none'

/** Why a delivery can never be made as it is: it becomes a dead letter. No text of a receiver, which may name a patient. */
export type RefusalReason =
  | 'says-where' // made with the segmenter, and the tenant gets a flag only
  | 'names-patient' // not de-identified, and the targets get nothing else
  | 'result-missing' // the result, or one of its documents, is no longer there
  | 'unreadable-result'
  | 'too-old' // could not be made for `giveUpAfterDays`
  | 'failed-while-others-were-taken'
  | 'of-another-tenant'
  | 'handed-out-too-often' // by SQS: nothing is known against it
  | 'defect' // of ours: the log has it
  | `http-${number}`
  | `entry-${number}` // a FHIR server's answer to one resource of a transaction
  | `object-${string}` // the status of a DICOM object
  | `acknowledged-${'AR' | 'CR'}`
  | 'class-not-accepted' // the receiver takes no objects of this SOP class
  | 'not-a-message' // the stored document is not what it should be

/** Why nothing can be delivered to a target for now. */
export type UnavailableReason =
  | 'timeout'
  | 'address-not-allowed' // a private address, and the target does not allow it
  | 'answer-too-large'
  | 'settings-unusable' // the target's, or its tenant's, in the cloud
  | 'secret-missing'
  | 'secret-unusable'
  | `bus-${string}` // the error code of an event bus
  | 'answer-not-understood'
  | 'answer-of-another' // an acknowledgement of another message
  | `entry-${number}`
  | `object-${string}`
  | `acknowledged-${'AE' | 'CE'}`
  | `association-${string}` // rejected or aborted
  | `connection-${string}` // a code of the operating system or of TLS
  | `redirect-${number}` // never followed: it may lead anywhere
  | `http-${number}`

/** What became of one attempt. */
export type DeliveryOutcome =
  | { readonly kind: 'delivered' }
  /** Of this delivery, whatever the target: no repetition mends it. */
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  /** Of the target, as far as one attempt can tell: the same delivery is made again later. */
  | { readonly kind: 'unavailable'; readonly reason: UnavailableReason; readonly retryAfterMs: number | null }

export const delivered: DeliveryOutcome = { kind: 'delivered' }
export const refused = (reason: RefusalReason): DeliveryOutcome => ({ kind: 'refused', reason })
export const unavailable = (reason: UnavailableReason, retryAfterMs: number | null = null): DeliveryOutcome => ({
  kind: 'unavailable',
  reason,
  retryAfterMs,
})
