import type { StudySummary } from '../screening/kernel/ports.ts'
import type { ResultDocument } from '../screening/result-documents/result-document.ts'
import type { Lane } from '../screening/screening-job/tenant.ts'
import type { DeliveryOutcome } from './delivery-outcome.ts'

/** A result as it is sent. */
export interface Delivery {
  /** The idempotency key. */
  readonly key: string
  readonly tenant: string
  readonly result: ResultDocument
  /** One machine has one lane, 'routine'. */
  readonly lane: Lane
  /** Key of result.json: in the bucket, or relative to the output folder. */
  readonly resultKey: string
  /** What the target gets, by name, in the order of the result. */
  readonly documents: ReadonlyMap<string, Uint8Array>
  /** What its study says when it is sent, for a target that gets an event; null where none is kept. */
  readonly study: StudySummary | null
}

/** Speaks to one target. */
export interface Sender {
  /** How many deliveries may be under way at a time. */
  readonly concurrency: number
  /** Never rejects for what the target does or fails to do. */
  send(delivery: Delivery): Promise<DeliveryOutcome>
  close(): Promise<void>
}
