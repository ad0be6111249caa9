import type { SQSRecord } from 'aws-lambda'
import { DeliveryRecords } from '../../../functions/deliver/delivery-records.ts'
import { createHandler } from '../../../functions/deliver/handler.ts'
import { TargetSettings } from '../../../functions/deliver/target-settings.ts'
import { createOperationalLog } from '../../../lib/adapters/aws/operational-log.ts'
import { type CloudTarget, cloudTarget } from '../../../lib/delivery/cloud-target.ts'
import { buildDeliveryMessage } from '../../../lib/delivery/delivery-message.ts'
import type { DeliveryOutcome } from '../../../lib/delivery/delivery-outcome.ts'
import type { Delivery, Sender } from '../../../lib/delivery/sender.ts'
import type { ResultDocument } from '../../../lib/screening/result-documents/result-document.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import { tenant } from '../../../lib/screening/screening-job/tenant.ts'
import { MemoryObjectStore } from '../../delivery/memory-stores.ts'
import { type StoredOptions, storeCloudResult } from '../../delivery/stored-result.ts'

interface Queued {
  readonly messageId: string
  readonly body: string
  readonly sentMs: number
  receives: number
  visibleAtMs: number
}

/** As the stack sets them. Unit: ms. */
const visibilityMs = 180_000
const retentionMs = 14 * 86_400_000

const started = Date.parse('2026-11-28T04:00:00Z')

/**
 * One target's queue, its function and what it works with, in memory and by a clock of its own: days pass in a moment.
 * Messages are handed out, hidden, forgotten and set aside as SQS does it.
 */
export function openPost(settings: Readonly<Record<string, unknown>> = {}) {
  let nowMs = started
  let ids = 0
  const clock = { now: () => nowMs, monotonic: () => nowMs }
  const store = new MemoryObjectStore()
  const queue = new Map<string, Queued>()
  const deadLetters: string[] = []
  const lines: string[] = []
  const sent: Delivery[] = []
  const post = {
    store,
    queue,
    deadLetters,
    lines,
    sent,
    clock,
    /** How the target answers. */
    answer: (async () => ({ kind: 'delivered' })) as (delivery: Delivery) => Promise<DeliveryOutcome>,
    parameters: new Map<string, string | null>([
      ['/tenant', JSON.stringify(tenant.parse({ id: 'north' }))],
      ['/target', JSON.stringify({ kind: 'eventbridge', name: 'worklist', busArn, ...settings })],
      ['/secret', 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz'],
    ]),
    /** How often parameters were read. */
    reads: 0,
    readFails: false,
    remainingMs: 120_000,
    /** What fails when the function says what became of a message. */
    broken: new Set<'dead-letters' | 'put-off'>(),
    /** Sends on the target's queue what EventBridge makes of an event. */
    enqueue(detail: object, at = new Date(nowMs)): string {
      return put(
        JSON.stringify({
          version: '0',
          id: 'of-the-bus',
          'detail-type': 'Finding Ready',
          source: 'pleura',
          account: '111122223333',
          time: `${at.toISOString().slice(0, 19)}Z`,
          region: 'eu-central-1',
          resources: [],
          detail,
        }),
      )
    },
    put,
    /** Stores a result as the worker does, and tells of it. */
    async tell(options: StoredOptions = {}) {
      const stored = await storeCloudResult(store, 'north', { analysedAt: new Date(nowMs - 2_000), ...options })
      const detail = eventOf(stored.result, stored.resultKey)
      post.enqueue(detail)
      return { ...stored, detail }
    },
    target: () => cloudTarget.parse(JSON.parse(post.parameters.get('/target')!)) as CloudTarget,
    recordKey: (result: ResultDocument) =>
      studyKeys.delivery(
        'north',
        'worklist',
        buildDeliveryMessage('north', post.target(), result, new Date(nowMs)).key,
      ),
    /** The function of a fresh process. */
    start,
    /** Hands out what is visible, up to `batch` at a time, once. @returns how many were handed out */
    async deliver(batch = 1, handler = start()) {
      forgetOld()
      const visible = [...queue.values()].filter(({ visibleAtMs }) => visibleAtMs <= nowMs)
      for (let at = 0; at < visible.length; at += batch) {
        const messages = visible.slice(at, at + batch)
        for (const message of messages) {
          message.receives++
          message.visibleAtMs = nowMs + visibilityMs
        }
        const { batchItemFailures } = await handler(
          { Records: messages.map(recordOf) },
          { getRemainingTimeInMillis: () => post.remainingMs },
        )
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
        for (const { messageId } of messages) if (!failed.has(messageId)) queue.delete(messageId)
      }
      return visible.length
    },
    pass(ms: number) {
      nowMs += ms
    },
    /** Lets time pass, from one due message to the next. */
    async passDays(days: number) {
      const handler = start()
      const endMs = nowMs + days * 86_400_000
      for (;;) {
        const nextMs = Math.min(...[...queue.values()].map(({ visibleAtMs }) => visibleAtMs))
        if (nextMs > endMs) break
        nowMs = Math.max(nowMs, nextMs)
        await post.deliver(1, handler)
      }
      nowMs = endMs
      forgetOld()
    },
    events: () => lines.map((line) => JSON.parse(line)).flatMap(({ event }) => (event ? [event as string] : [])),
  }

  function put(body: string): string {
    const messageId = `message-${ids++}`
    queue.set(messageId, { messageId, body, sentMs: nowMs, receives: 0, visibleAtMs: nowMs })
    return messageId
  }

  function forgetOld(): void {
    for (const { messageId, sentMs, receives, body } of queue.values()) {
      if (nowMs - sentMs > retentionMs) queue.delete(messageId)
      else if (receives >= 1000) {
        deadLetters.push(body)
        queue.delete(messageId)
      }
    }
  }

  function start() {
    const sender: Sender = {
      concurrency: 8,
      async send(delivery) {
        sent.push(delivery)
        return post.answer(delivery)
      },
      async close() {},
    }
    return createHandler({
      tenant: 'north',
      target: 'worklist',
      store,
      records: new DeliveryRecords(store, 'north', 'worklist'),
      settings: new TargetSettings({
        names: { tenant: '/tenant', target: '/target' },
        async read(name) {
          post.reads++
          if (post.readFails) throw new Error('SSM is down')
          return post.parameters.get(name) ?? null
        },
        clock,
        openSender: async (_, credential) => (credential === 'unusable' ? null : sender),
      }),
      queue: {
        async extend(receipt, ms) {
          if (post.broken.has('put-off')) throw new Error('SQS is down')
          queue.get(receipt)!.visibleAtMs = nowMs + 1000 * Math.ceil(ms / 1000)
        },
      },
      deadLetters: {
        async send(body) {
          if (post.broken.has('dead-letters')) throw new Error('SQS is down')
          deadLetters.push(body)
        },
      },
      clock,
      random: () => 0.5,
      telemetry: createOperationalLog('deliver', (line) => lines.push(line), clock.now),
    })
  }
  return post
}

export type Post = ReturnType<typeof openPost>

export const busArn = 'arn:aws:events:eu-central-1:444455556666:event-bus/hospital'

export const eventOf = (result: ResultDocument, resultKey: string) => ({
  schemaVersion: 1,
  tenant: 'north',
  imageId: result.imageId,
  outcome: result.outcome,
  discordant: result.discordant,
  reason: result.reason?.code ?? null,
  lane: 'stat',
  resultKey,
})

const recordOf = ({ messageId, body, sentMs, receives }: Queued): SQSRecord => ({
  messageId,
  receiptHandle: messageId,
  body,
  attributes: {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: String(sentMs),
    SenderId: 'events',
    ApproximateFirstReceiveTimestamp: String(sentMs),
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-central-1:111122223333:deliver',
  awsRegion: 'eu-central-1',
})
