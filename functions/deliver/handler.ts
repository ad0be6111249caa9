import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { describeError } from '../../lib/adapters/aws/operational-log.ts'
import { buildDeadLetter, type CloudMessage, parseCloudMessage } from '../../lib/delivery/cloud-message.ts'
import { longestWaitDays, maximumReceives, pacesOf } from '../../lib/delivery/cloud-target.ts'
import { retryDelayMs } from '../../lib/delivery/retry-schedule.ts'
import type { JobQueue } from '../../lib/screening/kernel/ports.ts'
import { type Answer, type DeliveryParts, longestDelayMs, makeDelivery, type WaitReason } from './make-delivery.ts'
import type { Settings, TargetSettings } from './target-settings.ts'

export interface HandlerParts extends DeliveryParts {
  /** The target's name. */
  readonly target: string
  readonly settings: Pick<TargetSettings, 'current' | 'forget'>
  readonly queue: Pick<JobQueue, 'extend'>
  readonly deadLetters: Pick<JobQueue, 'send'>
}

/** What is looked at of how the function is called. */
export interface Invocation {
  getRemainingTimeInMillis(): number
}

/** What is left for saying what became of a delivery. Unit: ms. */
const reserveMs = 5_000
/** Handed out so often, a message is given up here, with a reason; a few times more, and SQS would do it without. */
const mostReceives = maximumReceives - 20
const dayMs = 86_400_000

/**
 * Answers messages of one target's queue, each by itself. What is not delivered is put off and reported failed, so that SQS
 * hands it out again after its back-off. Nothing is given up because its target is down, before it is too old.
 */
export function createHandler(
  parts: HandlerParts,
): (event: SQSEvent, invocation: Invocation) => Promise<SQSBatchResponse> {
  return async ({ Records }, invocation) => {
    const failed: string[] = []
    const left = [...Records]
    const settings = await settingsFor(parts)
    const isReady = settings?.kind === 'ready'
    const answerNext = async () => {
      for (let record = left.shift(); record; record = left.shift()) {
        if (!(await answer(record, settings, parts, invocation))) failed.push(record.messageId)
      }
    }
    await Promise.all(Array.from({ length: isReady ? pacesOf(settings.target).atATime : 1 }, answerNext))
    // A connection that is kept while the function is frozen is dead, and does not say so.
    if (isReady) await settings.sender.close()
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}

/** Null when they cannot be read for now: nothing is delivered by settings that are not known. */
async function settingsFor({ settings, telemetry, tenant, target }: HandlerParts): Promise<Settings | null> {
  try {
    const current = await settings.current()
    if (current.kind === 'unusable') {
      telemetry.log('error', 'target-unusable', { tenant, target, reason: current.reason })
    }
    return current
  } catch (error) {
    telemetry.log('error', 'settings-not-read', { tenant, target, ...describeError(error) })
    return null
  }
}

/** @returns whether the message is done with */
async function answer(
  record: SQSRecord,
  settings: Settings | null,
  parts: HandlerParts,
  invocation: Invocation,
): Promise<boolean> {
  const { telemetry, target, tenant, deadLetters } = parts
  const message = parseCloudMessage(record.body)
  const about = { tenant, target, messageId: record.messageId, imageId: message?.detail.imageId ?? null }
  try {
    if (!message) {
      await deadLetters.send(record.body)
      telemetry.log('error', 'not-a-message', about)
      return true
    }
    const answered = endedByLimits(await attempt(message, record, settings, parts, invocation), record, settings, parts)
    switch (answered.kind) {
      case 'done':
        telemetry.log('info', answered.how, { ...about, code: answered.code })
        return true
      case 'given-up':
        await giveUp(message, answered, record, parts)
        telemetry.log('error', 'given-up', { ...about, reason: answered.reason })
        return true
      case 'waits':
        await putOff(answered, record, about, parts)
        return false
    }
  } catch (error) {
    telemetry.log('error', 'message-failed', { ...about, ...describeError(error) })
    await parts.queue.extend(record.receiptHandle, delayOf(record, parts)).catch(() => {})
    return false
  }
}

async function attempt(
  message: CloudMessage,
  record: SQSRecord,
  settings: Settings | null,
  parts: HandlerParts,
  invocation: Invocation,
): Promise<Answer> {
  const waits = (reason: WaitReason): Answer => ({ kind: 'waits', reason, delayMs: delayOf(record, parts) })
  if (!settings) return waits('system-failure')
  if (settings.kind === 'unusable') return waits(settings.reason)
  // The next invocation begins with all of its time.
  const needsMs = settings.target.timeoutSeconds * 1000 + reserveMs
  if (invocation.getRemainingTimeInMillis() < needsMs) return { kind: 'waits', reason: 'under-way', delayMs: 0 }
  try {
    return await makeDelivery(message, new Date(sentMs(record)), settings, parts)
  } catch (error) {
    const { tenant, target, telemetry } = parts
    telemetry.log('error', 'delivery-failed', { tenant, target, messageId: record.messageId, ...describeError(error) })
    return waits('system-failure')
  }
}

/** Whatever it waits for: before its queue forgets a message, or makes it a dead letter without a reason, it is given up. */
function endedByLimits(
  answered: Answer,
  record: SQSRecord,
  settings: Settings | null,
  { clock }: HandlerParts,
): Answer {
  if (answered.kind !== 'waits') return answered
  const lastFailure = answered.reason
  if (receivesOf(record) >= mostReceives) {
    return { kind: 'given-up', reason: 'handed-out-too-often', delivery: null, lastFailure }
  }
  const days = settings?.target?.giveUpAfterDays ?? longestWaitDays
  if (clock.now() - sentMs(record) < days * dayMs) return answered
  return { kind: 'given-up', reason: 'too-old', delivery: null, lastFailure }
}

/** Sent before its message is deleted: broken off in between, it is twice there, never nowhere. */
async function giveUp(
  message: CloudMessage,
  { reason, delivery, lastFailure }: Extract<Answer, { kind: 'given-up' }>,
  record: SQSRecord,
  { target, deadLetters, records, clock }: HandlerParts,
): Promise<void> {
  const letter = buildDeadLetter(message, {
    target,
    reason,
    key: delivery?.key ?? null,
    attempts: delivery?.attempts ?? receivesOf(record),
    lastFailure: delivery?.lastFailure?.reason ?? lastFailure,
    at: new Date(clock.now()).toISOString(),
  })
  await deadLetters.send(letter)
  if (delivery) await records.forget(delivery.key)
}

async function putOff(
  { reason, delayMs }: Extract<Answer, { kind: 'waits' }>,
  record: SQSRecord,
  about: Readonly<Record<string, unknown>>,
  { queue, settings, telemetry, tenant, target, clock }: HandlerParts,
): Promise<void> {
  // A secret may have been replaced.
  if (reason === 'http-401' || reason === 'http-403') settings.forget()
  telemetry.log('warn', 'not-delivered', { ...about, reason, receives: receivesOf(record), delayMs })
  const waitedSeconds = Math.max(0, clock.now() - sentMs(record)) / 1000
  telemetry.metric('UndeliveredSeconds', waitedSeconds, { Tenant: tenant, Target: target })
  // Where even this fails, the message comes again when its visibility ends.
  await queue.extend(record.receiptHandle, delayMs).catch(() => {})
}

const receivesOf = ({ attributes }: SQSRecord): number => Number(attributes.ApproximateReceiveCount)
const sentMs = ({ attributes }: SQSRecord): number => Number(attributes.SentTimestamp)
const delayOf = (record: SQSRecord, { random }: HandlerParts): number =>
  retryDelayMs(receivesOf(record), random(), longestDelayMs)
