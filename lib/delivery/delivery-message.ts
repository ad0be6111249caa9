import * as z from 'zod'
import type { ResultDocument } from '../screening/result-documents/result-document.ts'
import { imageId } from '../screening/screening-job/study-keys.ts'
import type { AnyTarget } from './delivery-contents.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'

const count = z.number().int().nonnegative()

/** What a target's queue carries: which result, and how often it was tried. Pointers only, no patient data. */
export const deliveryMessage = z.strictObject({
  schemaVersion: z.literal(1),
  /** The idempotency key. */
  key: z.string().regex(/^[0-9a-f]{32}$/),
  imageId,
  screeningKey: z.string().regex(/^[0-9a-f]{64}$/),
  /** What is to be read first is sent first. */
  outcome: z.enum(['suspected', 'not-suspected', 'not-analysed']),
  queuedAt: z.iso.datetime(),
  attempts: count,
  /** Attempts that failed while the target took others. */
  heldAgainst: count,
  lastFailure: z.strictObject({ at: z.iso.datetime(), reason: z.string() }).nullable(),
  /** Not tried before; null: now. */
  notBefore: z.iso.datetime().nullable(),
})

/** A message that was given up. */
export const deadLetter = deliveryMessage.extend({ reason: z.string(), diedAt: z.iso.datetime() })

export type DeliveryMessage = z.infer<typeof deliveryMessage>
export type DeadLetter = z.infer<typeof deadLetter>

export function buildDeliveryMessage(
  tenant: string,
  target: AnyTarget,
  result: ResultDocument,
  now: Date,
): DeliveryMessage {
  return {
    schemaVersion: 1,
    key: idempotencyKeyOf(tenant, target, result),
    imageId: result.imageId,
    screeningKey: result.screeningKey,
    outcome: result.outcome,
    queuedAt: now.toISOString(),
    attempts: 0,
    heldAgainst: 0,
    lastFailure: null,
    notBefore: null,
  }
}

const ranks: Record<DeliveryMessage['outcome'], number> = { suspected: 0, 'not-analysed': 1, 'not-suspected': 2 }

type Ranked = Pick<DeliveryMessage, 'outcome' | 'queuedAt' | 'key'>

/** The order of sending: suspected first, then by age. */
export const compareMessages = (a: Ranked, b: Ranked): number =>
  ranks[a.outcome] - ranks[b.outcome] || compareTexts(a.queuedAt, b.queuedAt) || compareTexts(a.key, b.key)

const compareTexts = (a: string, b: string): number => (a < b ? -1 : Number(a > b))
