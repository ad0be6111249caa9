import { PutObjectCommand } from '@aws-sdk/client-s3'
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { HandlerParts } from '../../functions/preprocess/handler.ts'
import { SqsUploadQueue } from '../../functions/preprocess/upload-queue.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { TransientError } from '../../lib/screening/kernel/errors.ts'
import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { readResultAt } from '../../lib/screening/result-documents/write-result.ts'
import { maximumUploadDeliveries } from '../../lib/screening/screening-job/delivery-limits.ts'
import { createCloud, drain, type Queue } from './harness/create-cloud.ts'
import { type FaultProxy, startFaultProxy } from './harness/fault-proxy.ts'
import { deliverUploads, openPreprocessing } from './harness/run-preprocess.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'
import { chest, eventsOf, jobsOf, keysBelow, lateral, receiptsOf, resultsOf, upload } from './harness/uploads.ts'

let standIn: StandIn
let proxy: FaultProxy
beforeAll(async () => {
  standIn = await startStandIn()
  proxy = await startFaultProxy(standIn.endpoint)
})
afterEach(() => {
  proxy.decide = () => null
})
afterAll(async () => {
  await proxy.stop()
  await standIn.stop()
})

describe('an object that nobody can read', () => {
  const kms = { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: 'arn:aws:kms:eu-central-1:444455556666:key/k' }
  const refused = (code: string, status: number) => ({ kind: 'status', status, code }) as const

  it.each([
    ['in an archive', { StorageClass: 'GLACIER' as const }, null, 'archived: GLACIER'],
    // The stand-in gives such objects out; S3 answers so, by its API reference and by what its users were answered.
    ["under a customer's key", {}, refused('InvalidRequest', 400), "its sender's own key"],
    ['under a foreign key', kms, refused('AccessDenied', 403), 'another KMS key'],
    ['under a key that is gone', kms, refused('KMS.NotFoundException', 400), 'another KMS key'],
    ['under a key that is disabled', kms, refused('KMS.DisabledException', 400), 'another KMS key'],
    ['under a key that is to be deleted', kms, refused('KMS.KMSInvalidStateException', 400), 'another KMS key'],
  ])('%s is answered with a code, and counts against no quota', async (_, options, fault, detail) => {
    const cloud = await createCloud(standIn.endpoint, { s3Endpoint: proxy.endpoint })
    await cloud.clients.s3.send(
      new PutObjectCommand({ Bucket: cloud.bucket, Key: 'uploads/north/a.dcm', Body: chest(), ...options }),
    )
    proxy.decide = ({ method, url }) => (method === 'GET' && url?.includes('uploads/north/a.dcm') ? fault : null)
    await deliverUploads(cloud, await openPreprocessing(cloud))
    const [{ resultKey, imageId, uploadId }] = await receiptsOf(cloud)
    expect(imageId).toBe(uploadId)
    const { reason } = await readResultAt(new S3ObjectStore(cloud.clients.s3, cloud.bucket), resultKey)
    expect(reason).toMatchObject({ code: 'unreadable-object', detail: expect.stringContaining(detail) })
    expect(await eventsOf(cloud)).toMatchObject([{ reason: 'unreadable-object', resultKey }])
    expect(await keysBelow(cloud, 'usage/')).toEqual([])
  })

  it('for want of our own right is a defect of ours, and no rejection', async () => {
    const cloud = await createCloud(standIn.endpoint, { s3Endpoint: proxy.endpoint })
    await upload(cloud, 'uploads/north/a.dcm', chest())
    proxy.decide = ({ method, url }) =>
      method === 'GET' && url?.includes('uploads/north/a.dcm') ? refused('AccessDenied', 403) : null
    const preprocessing = await openPreprocessing(cloud)
    for (let attempt = 0; attempt <= maximumUploadDeliveries; attempt++) await deliverUploads(cloud, preprocessing)
    expect(await drain(cloud.clients.sqs, cloud.uploads.deadLetterUrl)).toHaveLength(1)
    expect(await receiptsOf(cloud)).toEqual([])
  })

  it.each(['uploads/north/', 'uploads/north/2026/'])('%s, a folder, is answered like any other file', async (key) => {
    const cloud = await createCloud(standIn.endpoint)
    await upload(cloud, key, new Uint8Array())
    await deliverUploads(cloud, await openPreprocessing(cloud))
    expect(await eventsOf(cloud)).toMatchObject([{ reason: 'not-an-image' }])
    expect(await receiptsOf(cloud)).toMatchObject([{ key, outcome: 'not-analysed' }])
  })
})

describe('a failure on the way', () => {
  /** The functions's side effects, in their order; each may be the last thing that happens. */
  const stops = [0, 1, 2, 3, 4, 5].flatMap((step) => ['before', 'after'].map((moment) => ({ step, moment })))

  it.each(stops)('$moment write $step leads to the same objects after the next delivery', async ({ step, moment }) => {
    const cloud = await createCloud(standIn.endpoint)
    await upload(cloud, 'uploads/north/a.dcm', chest())
    await upload(cloud, 'uploads/north/l.dcm', lateral())
    const whole = await openPreprocessing(cloud)
    await deliverUploads(cloud, await openPreprocessing(cloud, { store: dyingStore(whole.parts.store, step, moment) }))
    await deliverUploads(cloud, whole)
    expect(await receiptsOf(cloud)).toHaveLength(2)
    expect(await resultsOf(cloud)).toHaveLength(1)
    expect(await keysBelow(cloud, 'usage/')).toHaveLength(2)
    expect(new Set((await jobsOf(cloud)).map((job) => job.imageId)).size).toBe(1)
    expect(new Set((await eventsOf(cloud)).map((event) => event.resultKey)).size).toBe(1)
    expect(await drain(cloud.clients.sqs, cloud.uploads.deadLetterUrl)).toEqual([])
  })

  it.each([
    ['an internal error', { kind: 'status', status: 500, code: 'InternalError' }],
    ['a slow-down', { kind: 'status', status: 503, code: 'SlowDown' }],
    ['a conditional conflict', { kind: 'status', status: 409, code: 'ConditionalRequestConflict' }],
    ['a truncated body', { kind: 'truncated' }],
    ['a lost answer', { kind: 'lost-answer' }],
    ['a broken connection', { kind: 'reset' }],
  ] as const)('of S3, %s, is overcome', async (_, fault) => {
    const cloud = await createCloud(standIn.endpoint, { s3Endpoint: proxy.endpoint })
    await upload(cloud, 'uploads/north/a.dcm', chest())
    await upload(cloud, 'uploads/north/l.dcm', lateral())
    let requests = 0
    proxy.decide = ({ headers }) => {
      // Only conditional writes conflict.
      const hit = !(fault.kind === 'status' && fault.status === 409) || headers['if-none-match'] !== undefined
      return hit && requests++ % 3 === 0 ? fault : null
    }
    const preprocessing = await openPreprocessing(cloud)
    for (let attempt = 0; attempt < 10; attempt++) await deliverUploads(cloud, preprocessing)
    proxy.decide = () => null
    expect(await receiptsOf(cloud)).toHaveLength(2)
    expect(await resultsOf(cloud)).toHaveLength(1)
    expect(await keysBelow(cloud, 'usage/')).toHaveLength(2)
    expect(await drain(cloud.clients.sqs, cloud.uploads.deadLetterUrl)).toEqual([])
  })

  it('comes again in seconds: a notification put off, an upload as a new message', async () => {
    const cloud = await createCloud(standIn.endpoint, { visibility: 600 })
    const [notifications, routine] = [cloud.uploads, cloud.routineUploads].map(
      ({ url }) => new SqsUploadQueue(cloud.clients.sqs, url),
    )
    const away = () => Promise.reject(new TransientError('away for now'))
    const lanes = { stat: routine, routine }
    const downLane = { send: away, putOff: away }
    const parts = { notifications, firstRetryMs: 1_000 }
    await upload(cloud, 'uploads/north/a.dcm', chest())
    await deliverOnce(cloud.uploads, { ...parts, uploads: { stat: downLane, routine: downLane } })
    await deliverOnce(cloud.uploads, { ...parts, uploads: lanes })
    await deliverOnce(cloud.routineUploads, { ...parts, uploads: lanes, readUpload: away })
    await deliverOnce(cloud.routineUploads, { ...parts, uploads: lanes })
    expect(await receiptsOf(cloud)).toMatchObject([{ outcome: 'queued', duplicate: false }])

    /** Waits for one message of a queue whose visibility is ten minutes, and deletes it when it was handled. */
    async function deliverOnce({ url: QueueUrl }: Queue, changes: Partial<HandlerParts>): Promise<void> {
      const { sqs } = cloud.clients
      const { handler } = await openPreprocessing(cloud, changes)
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageSystemAttributeNames: ['All'] }),
      )
      const { Body: body, MessageId: messageId, ReceiptHandle: receiptHandle, Attributes: attributes } = Messages[0]
      const answer = await handler({ Records: [{ body, messageId, receiptHandle, attributes }] } as never)
      if (answer.batchItemFailures.length > 0) return
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receiptHandle }))
    }
  })

  it.each([
    ['no JSON', '{'],
    ['no notification', '{"hello":1}'],
    ['of another bucket', notificationOf('elsewhere', 'uploads/north/a.dcm')],
    ['of a key elsewhere', notificationOf('', 'results/north/a.dcm')],
    ['of an unknown tenant', notificationOf('', 'uploads/nobody/a.dcm')],
    ['of a deletion', notificationOf('', 'uploads/north/a.dcm', 'ObjectRemoved:Delete')],
  ])('of a message that is %s ends as a dead letter, alone', async (_, body) => {
    const cloud = await createCloud(standIn.endpoint)
    await upload(cloud, 'uploads/north/a.dcm', chest())
    const message = body.replace('"name":""', `"name":"${cloud.bucket}"`)
    await cloud.clients.sqs.send(new SendMessageCommand({ QueueUrl: cloud.uploads.url, MessageBody: message }))
    const preprocessing = await openPreprocessing(cloud)
    for (let attempt = 0; attempt <= maximumUploadDeliveries; attempt++) await deliverUploads(cloud, preprocessing)
    expect(await drain(cloud.clients.sqs, cloud.uploads.deadLetterUrl)).toEqual([message])
    expect(await receiptsOf(cloud)).toHaveLength(1)
    expect(preprocessing.lines.some((line) => line.includes('upload-failed'))).toBe(true)
  })

  it('never counts a test notification of S3', async () => {
    const cloud = await createCloud(standIn.endpoint)
    const preprocessing = await openPreprocessing(cloud)
    const body = JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: cloud.bucket })
    expect(await preprocessing.handler(eventOf([body]))).toEqual({ batchItemFailures: [] })
  })
})

const eventOf = (bodies: readonly string[]) =>
  ({
    Records: bodies.map((body, index) => ({
      body,
      messageId: String(index),
      receiptHandle: String(index),
      attributes: { ApproximateReceiveCount: '1' },
    })),
  }) as never

function notificationOf(bucket: string, key: string, eventName = 'ObjectCreated:Put'): string {
  return JSON.stringify({
    Records: [{ eventName, s3: { bucket: { name: bucket }, object: { key, size: 1, eTag: 'e' } } }],
  })
}

/** Throws before or after its write number `step`, and at every write from then on: the process has gone. */
function dyingStore(store: ObjectStore, step: number, moment: string): ObjectStore {
  let writes = 0
  return {
    get: (key) => store.get(key),
    exists: (key) => store.exists(key),
    delete: (key) => store.delete(key),
    list: (prefix) => store.list(prefix),
    put: async (key, body, options) => {
      const write = writes++
      if (write > step || (write === step && moment === 'before')) throw new Error('killed')
      const written = await store.put(key, body, options)
      if (write === step) throw new Error('killed')
      return written
    },
  }
}
