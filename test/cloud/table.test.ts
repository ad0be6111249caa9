import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventBridgeEventSink } from '../../lib/adapters/aws/event-bridge-event-sink.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { S3ReplaceableObjects } from '../../lib/adapters/aws/s3-replaceable-objects.ts'
import { SqsJobQueue } from '../../lib/adapters/aws/sqs-job-queue.ts'
import { ResultTable } from '../../lib/embedded/table/open-table.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { emitResult } from '../../lib/screening/result-documents/study-event.ts'
import { writeResultOnce } from '../../lib/screening/result-documents/write-result.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { tableKeys } from '../../lib/table/table-keys.ts'
import { findings, makeResult } from '../table/make-results.ts'
import { type Cloud, createCloud } from './harness/create-cloud.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'

let standIn: StandIn
let cloud: Cloud
let tableBucket: string
let folder: string
beforeAll(async () => {
  standIn = await startStandIn()
})
afterAll(() => standIn.stop())
beforeEach(async () => {
  cloud = await createCloud(standIn.endpoint)
  tableBucket = `${cloud.bucket}-table`
  const place = { LocationConstraint: 'eu-central-1' } as const
  await cloud.clients.s3.send(new CreateBucketCommand({ Bucket: tableBucket, CreateBucketConfiguration: place }))
  folder = await mkdtemp(join(tmpdir(), 'pleura-table-wire-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

/** The rule and the function, as the stack makes them; the function is its own main.ts. */
async function openWriter() {
  const { sqs, events } = cloud.clients
  // Of this cloud, and used by nothing else here.
  const { url } = cloud.stat
  const asked = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }))
  const rule = { Name: `${cloud.bucket}-table`, EventBusName: cloud.busName }
  await events.send(new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: ['pleura'] }) }))
  const Targets = [{ Id: 'table', Arn: asked.Attributes?.QueueArn as string }]
  await events.send(new PutTargetsCommand({ Rule: rule.Name, EventBusName: rule.EventBusName, Targets }))
  const environment = { ...cloud.environment, STUDY_BUCKET: cloud.bucket, TABLE_BUCKET: tableBucket }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  vi.resetModules()
  const { handler } = await import('../../functions/table/main.ts')
  return {
    depth: () => new SqsJobQueue(sqs, url).depth(),
    /** What Lambda's event source does: all that is visible, in batches of ten. @returns how many were brought */
    async empty(): Promise<number> {
      for (let brought = 0; ; ) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }))
        if (Messages.length === 0) return brought
        const records = Messages.map(({ MessageId = '', Body = '' }) => ({ messageId: MessageId, body: Body }))
        const { batchItemFailures } = await handler(
          { Records: records as never },
          { getRemainingTimeInMillis: () => 300_000 },
        )
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
        for (const { MessageId = '', ReceiptHandle } of Messages) {
          if (!failed.has(MessageId)) await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }))
        }
        brought += Messages.length
      }
    },
  }
}

/** Stores a result as the worker does, and tells of it on the bus, `times` times. */
async function tell(result: ResultDocument, times = 1): Promise<void> {
  const prefix = studyKeys.resultPrefix('north', result.imageId, result.screeningKey)
  await writeResultOnce(new S3ObjectStore(cloud.clients.s3, cloud.bucket), prefix, result, [])
  const sink = new EventBridgeEventSink(cloud.clients.events, cloud.busName)
  const at = { tenant: 'north', lane: 'routine' as const, resultKey: `${prefix}result.json`, study: null }
  for (let time = 0; time < times; time++) await emitResult(sink, result, at)
}

async function outcomes(): Promise<unknown> {
  const store = new S3ObjectStore(cloud.clients.s3, tableBucket)
  for await (const key of store.list(tableKeys.rows)) {
    await mkdir(dirname(join(folder, key)), { recursive: true })
    await writeFile(join(folder, key), await store.get(key))
  }
  const table = await ResultTable.open(join(folder, tableKeys.rows))
  try {
    const span = { tenant: 'north', from: '2026-01-01', to: '2026-12-31' }
    const found = await table.ask<{ outcome: string; images: string }>('outcomes', span)
    return found.map(({ outcome, images }) => `${images} ${outcome}`)
  } finally {
    await table.close()
  }
}

describe('from the bus to the results table', () => {
  it('each result is a row, once, whatever comes twice', async () => {
    const writer = await openWriter()
    const { suspected, notSuspected, notAnalysed } = findings
    for (let image = 0; image < 12; image++) {
      const finding = [suspected, notSuspected, notAnalysed][image % 3]
      await tell(makeResult(image, finding, `2026-11-01T${10 + (image % 3)}:00:00Z`), 1 + (image % 2))
    }
    await vi.waitUntil(async () => (await writer.depth()) === 18, 10_000)
    expect(await writer.empty()).toBe(18)
    expect(await writer.depth()).toBe(0)
    expect(await outcomes()).toEqual(['4 not-analysed', '4 not-suspected', '4 suspected'])
  })

  it('a result whose table cannot be written waits in the queue', async () => {
    tableBucket = `${cloud.bucket}-of-nobody`
    const writer = await openWriter()
    await tell(makeResult(1, findings.suspected, '2026-11-01T10:00:00Z'))
    await vi.waitUntil(async () => (await writer.depth()) === 1, 10_000)
    expect(await writer.empty()).toBe(1)
    expect(await writer.depth()).toBe(1)
  })
})

describe('an object that is replaced', () => {
  const text = (value: string) => new TextEncoder().encode(value)

  it('is by those alone who know what stands there', async () => {
    const files = new S3ReplaceableObjects(cloud.clients.s3, tableBucket)
    expect(await files.read('a')).toBeNull()
    expect(await files.replace('a', text('one'), null)).toBe(true)
    expect(await files.replace('a', text('two'), null)).toBe(false)
    const first = await files.read('a')
    expect(await files.replace('a', text('two'), first!.version)).toBe(true)
    expect(await files.replace('a', text('three'), first!.version)).toBe(false)
    expect(new TextDecoder().decode((await files.read('a'))?.bytes)).toBe('two')
  })

  it('is not where what was read is gone', async () => {
    const files = new S3ReplaceableObjects(cloud.clients.s3, tableBucket)
    await files.replace('a', text('one'), null)
    const { version } = (await files.read('a'))!
    await new S3ObjectStore(cloud.clients.s3, tableBucket).delete('a')
    expect(await files.replace('a', text('two'), version)).toBe(false)
  })
})
