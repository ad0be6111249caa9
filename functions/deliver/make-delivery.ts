import { describeError, type OperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import type { CloudMessage } from '../../lib/delivery/cloud-message.ts'
import { buildDeliveryMessage, type DeliveryMessage } from '../../lib/delivery/delivery-message.ts'
import {
  type DeliveryOutcome,
  type RefusalReason,
  refused,
  type UnavailableReason,
} from '../../lib/delivery/delivery-outcome.ts'
import { afterFailure } from '../../lib/delivery/retry-schedule.ts'
import type { Clock, ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import type { DeliveryRecords } from './delivery-records.ts'
import { loadDocuments, loadResult, loadStudy } from './load-delivery.ts'
import type { Settings } from './target-settings.ts'

export type ReadySettings = Extract<Settings, { kind: 'ready' }>

/** `under-way`: another message of the same delivery is. `system-failure`: of ours, or of AWS; the log has it. */
export type WaitReason = UnavailableReason | 'under-way' | 'system-failure'

/** What a message has come to. */
export type Answer =
  | {
      readonly kind: 'done'
      readonly how: 'delivered' | 'nothing-to-send' | 'superseded' | 'before-since' | 'done-before'
      readonly code: string | null
    }
  | {
      readonly kind: 'given-up'
      readonly reason: RefusalReason
      /** Null where its result was not read. */
      readonly delivery: DeliveryMessage | null
      /** Why it waited until now; null when it was not tried, or is told by the delivery. */
      readonly lastFailure: WaitReason | null
    }
  | { readonly kind: 'waits'; readonly reason: WaitReason; readonly delayMs: number }

export interface DeliveryParts {
  readonly tenant: string
  readonly store: ObjectStore
  readonly records: DeliveryRecords
  readonly clock: Clock
  /** Range: 0–1 */
  readonly random: () => number
  readonly telemetry: OperationalLog
}

/**
 * The longest time between two attempts. With it, 13 days of them stay below the thousand times that SQS hands a message
 * out at most; one machine, whose queue does not count, tries every 5 minutes. Unit: ms.
 */
export const longestDelayMs = 1_800_000

/**
 * Makes the delivery that a message asks for, unless it was made, or need not or must not be.
 * @param queuedAt When the message was put into the target's queue
 * @throws what the store fails with: nothing is known of the delivery then
 */
export async function makeDelivery(
  message: CloudMessage,
  queuedAt: Date,
  settings: ReadySettings,
  parts: DeliveryParts,
): Promise<Answer> {
  const { tenant, store, records, clock } = parts
  const { target } = settings
  const { detail } = message
  const givenUp = (reason: RefusalReason, delivery: DeliveryMessage | null): Answer => ({
    kind: 'given-up',
    reason,
    delivery,
    lastFailure: null,
  })
  if (detail.tenant !== tenant) return givenUp('of-another-tenant', null)
  // A key is only ever followed into the image's own results.
  const below = studyKeys.resultsOfImage(tenant, detail.imageId)
  if (!detail.resultKey.startsWith(below) || !/^[0-9a-f]+\/result\.json$/.test(detail.resultKey.slice(below.length))) {
    return givenUp('not-a-message', null)
  }
  const loaded = await loadResult(store, target, message)
  if (loaded.kind === 'refused') return givenUp(loaded.reason, null)
  if (loaded.kind === 'not-to-be-sent') return { kind: 'done', how: loaded.why, code: null }
  const { result } = loaded
  const fresh = buildDeliveryMessage(tenant, target, result, queuedAt)
  const record = await records.read(fresh.key)
  if (record?.settled) return { kind: 'done', how: 'done-before', code: record.settled.code }
  const { settled: _, ...delivery } = record && isOf(message, record) ? record : { ...fresh, settled: null }
  // Another message of the same delivery has failed a moment ago.
  const dueMs = delivery.notBefore === null ? 0 : Date.parse(delivery.notBefore)
  if (dueMs > clock.now()) return { kind: 'waits', reason: 'under-way', delayMs: dueMs - clock.now() }
  const contents = await loadDocuments(store, settings, result, detail.resultKey)
  if (contents.kind === 'refused') return givenUp(contents.reason, delivery)
  const at = () => new Date(clock.now()).toISOString()
  if (contents.kind === 'nothing-to-send') {
    await records.settle(delivery, { outcome: 'nothing-to-send', code: contents.code, at: at() })
    return { kind: 'done', how: 'nothing-to-send', code: contents.code }
  }
  const { lane, resultKey } = detail
  const study = await loadStudy(store, target, message, result)
  const outcome = await settings.sender
    .send({ key: delivery.key, tenant, result, lane, resultKey, documents: contents.documents, study })
    .catch((error: unknown): DeliveryOutcome => {
      parts.telemetry.log('error', 'delivery-defect', { imageId: detail.imageId, ...describeError(error) })
      return refused('defect')
    })
  const tried = { ...delivery, attempts: delivery.attempts + 1 }
  switch (outcome.kind) {
    case 'delivered':
      await records.settle(tried, { outcome: 'delivered', code: null, at: at() })
      await records.noteTaken(at())
      return { kind: 'done', how: 'delivered', code: null }
    case 'refused':
      return givenUp(outcome.reason, tried)
    case 'unavailable':
      return keepWaiting(delivery, outcome, settings, parts)
  }
}

/** What a delivery had come to before it was given up says nothing of it any more. */
const isOf = ({ givenUp }: CloudMessage, { queuedAt }: DeliveryMessage): boolean =>
  givenUp === undefined || Date.parse(queuedAt) > Date.parse(givenUp.at)

async function keepWaiting(
  delivery: DeliveryMessage,
  { reason, retryAfterMs }: Extract<DeliveryOutcome, { kind: 'unavailable' }>,
  { target }: ReadySettings,
  { records, clock, random }: DeliveryParts,
): Promise<Answer> {
  const takenMs = await records.lastTakenMs()
  const triedMs = delivery.lastFailure && Date.parse(delivery.lastFailure.at)
  // A target that asks for time has nothing against this delivery, whatever it took meanwhile.
  const asksForTime = retryAfterMs !== null || reason === 'http-429'
  const next = afterFailure(delivery, {
    reason,
    nowMs: clock.now(),
    retryAfterMs,
    isHeldAgainst: !asksForTime && triedMs !== null && takenMs !== null && takenMs > triedMs,
    giveUpAfterDays: target.giveUpAfterDays,
    random: random(),
    longestMs: longestDelayMs,
  })
  if (next.givenUp) return { kind: 'given-up', reason: next.givenUp, delivery: next.message, lastFailure: null }
  await records.keepWaiting(next.message)
  return { kind: 'waits', reason, delayMs: Date.parse(next.message.notBefore!) - clock.now() }
}
