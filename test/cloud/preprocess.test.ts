import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Admissions } from '../../functions/preprocess/admissions.ts'
import type { HandlerParts } from '../../functions/preprocess/handler.ts'
import { SqsUploadQueue } from '../../functions/preprocess/upload-queue.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { TransientError } from '../../lib/screening/kernel/errors.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { readResultAt } from '../../lib/screening/result-documents/write-result.ts'
import { maximumUploadDeliveries } from '../../lib/screening/screening-job/delivery-limits.ts'
import { decodePreparedStudy, fetchPreparedStudy } from '../../lib/screening/screening-job/prepared-study.ts'
import { parseStudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { uploadReceipt } from '../../lib/screening/screening-job/upload-receipt.ts'
import { buildDicom } from '../radiograph/build-dicom.ts'
import { type Cloud, createCloud, drain, type Queue } from './harness/create-cloud.ts'
import { type FaultProxy, startFaultProxy } from './harness/fault-proxy.ts'
import { deliverUploads, openPreprocessing } from './harness/run-preprocess.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'

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

const patient = 'DOE^JANE'
/** A small chest radiograph; another number, another image. */
const chest = (number = 0) =>
  buildDicom({
    elements: [
      [0x0008, 0x0018, 'UI', `1.2.3.${number}`],
      [0x0010, 0x0010, 'PN', patient],
    ],
  })
const lateral = () => buildDicom({ elements: [[0x0018, 0x5101, 'CS', 'LL']] })

const upload = (cloud: Cloud, key: string, body: Uint8Array) =>
  cloud.clients.s3.send(new PutObjectCommand({ Bucket: cloud.bucket, Key: key, Body: body }))

async function keysBelow(cloud: Cloud, ...prefixes: string[]): Promise<string[]> {
  const store = new S3ObjectStore(cloud.clients.s3, cloud.bucket)
  const keys: string[] = []
  for (const prefix of prefixes) for await (const key of store.list(prefix)) keys.push(key)
  return keys
}

async function receiptsOf(cloud: Cloud, tenant = 'north') {
  const store = new S3ObjectStore(cloud.clients.s3, cloud.bucket)
  const keys = await keysBelow(cloud, `results/${tenant}/uploads/`)
  return Promise.all(
    keys.map(async (key) => uploadReceipt.parse(JSON.parse(new TextDecoder().decode(await store.get(key))))),
  )
}

const resultsOf = async (cloud: Cloud) =>
  (await keysBelow(cloud, 'results/')).filter((key) => /result\.json$/.test(key))
const jobsOf = async (cloud: Cloud, lane: 'stat' | 'routine' = 'routine') =>
  (await drain(cloud.clients.sqs, cloud[lane].url)).map(parseStudyJob)
const eventsOf = async (cloud: Cloud) =>
  (await drain(cloud.clients.sqs, cloud.eventsUrl)).map((body) => JSON.parse(body).detail)

describe('preprocessing an upload', () => {
  it('leaves a prepared study, a job and a receipt, and nothing of the patient on the way', async () => {
    const cloud = await createCloud(standIn.endpoint)
    const preprocessing = await openPreprocessing(cloud)
    const source = chest()
    await upload(cloud, `uploads/north/${patient}.dcm`, source)
    expect(await deliverUploads(cloud, preprocessing)).toBeGreaterThan(0)

    const imageId = imageIdOf(source)
    const [job, ...more] = await jobsOf(cloud)
    expect(job).toMatchObject({ tenant: 'north', imageId, lane: 'routine' })
    expect(more).toEqual([])
    const stored = await fetchPreparedStudy(new S3ObjectStore(cloud.clients.s3, cloud.bucket), job)
    const study = await decodePreparedStudy(stored, createCodecs())
    expect(study).toMatchObject({ sizeBytes: source.byteLength, facts: { modality: 'CR', viewPosition: 'PA' } })
    expect(study.prepared.source).toEqual({ rows: 130, columns: 130 })
    expect(study.prepared.pixels).toHaveLength(130 * 130)
    expect(await receiptsOf(cloud)).toMatchObject([{ imageId, outcome: 'queued', duplicate: false }])
    expect(preprocessing.lines.length).toBeGreaterThan(0)
    for (const text of [...preprocessing.lines, JSON.stringify(job)]) expect(text).not.toMatch(/DOE|JANE/)
  })

  it.each([
    'a b/c+d.dcm',
    '100%/räumlich/胸部 (1).dcm',
    '%2Funchanged%20.dcm',
    'x'.repeat(1024 - 'uploads/north/'.length),
  ])('finds the object of key %j', async (name) => {
    const cloud = await createCloud(standIn.endpoint)
    await upload(cloud, `uploads/north/${name}`, chest())
    await deliverUploads(cloud, await openPreprocessing(cloud))
    expect(await receiptsOf(cloud)).toMatchObject([{ key: `uploads/north/${name}`, outcome: 'queued' }])
  })

  it('sends an upload of the stat lane ahead, where the tenant may use it', async () => {
    const cloud = await createCloud(standIn.endpoint, {
      tenants: [{ id: 'north', lanes: ['stat', 'routine'] }, { id: 'south' }],
    })
    await upload(cloud, 'uploads/north/stat/1.dcm', chest(1))
    await upload(cloud, 'uploads/north/2.dcm', chest(2))
    await upload(cloud, 'uploads/south/stat/3.dcm', chest(3))
    await deliverUploads(cloud, await openPreprocessing(cloud))
    expect((await jobsOf(cloud, 'stat')).map((job) => job.tenant)).toEqual(['north'])
    expect((await jobsOf(cloud)).map((job) => job.tenant).sort()).toEqual(['north', 'south'])
  })

  it('rejects what cannot be analysed with a document and an event', async () => {
    const cloud = await createCloud(standIn.endpoint)
    await upload(cloud, 'uploads/north/lateral.dcm', lateral())
    await upload(cloud, 'uploads/north/notes.txt', new TextEncoder().encode('no image'))
    await deliverUploads(cloud, await openPreprocessing(cloud))
    const store = new S3ObjectStore(cloud.clients.s3, cloud.bucket)
    const results = await Promise.all((await resultsOf(cloud)).map((key) => readResultAt(store, key)))
    expect(results.map(({ outcome, reason }) => [outcome, reason?.code]).sort()).toEqual([
      ['not-analysed', 'lateral-view'],
      ['not-analysed', 'not-an-image'],
    ])
    const events = await eventsOf(cloud)
    expect(events.map((event) => event.reason).sort()).toEqual(['lateral-view', 'not-an-image'])
    expect(events.every((event) => event.outcome === 'not-analysed')).toBe(true)
    expect(await jobsOf(cloud)).toEqual([])
    expect(await keysBelow(cloud, 'usage/')).toHaveLength(2)
  })

  it('refuses an upload beyond the size limit without reading it', async () => {
    const cloud = await createCloud(standIn.endpoint)
    await upload(cloud, 'uploads/north/big.dcm', chest())
    const readUpload = () => Promise.reject(new Error('must not be read'))
    await deliverUploads(cloud, await openPreprocessing(cloud, { maximumUploadBytes: 100, readUpload }))
    expect(await eventsOf(cloud)).toMatchObject([{ reason: 'too-large' }])
  })

  it('says nothing of an upload that its sender has deleted since', async () => {
    const cloud = await createCloud(standIn.endpoint)
    const { VersionId } = await upload(cloud, 'uploads/north/gone.dcm', chest())
    await cloud.clients.s3.send(
      new DeleteObjectCommand({ Bucket: cloud.bucket, Key: 'uploads/north/gone.dcm', VersionId }),
    )
    const preprocessing = await openPreprocessing(cloud)
    await deliverUploads(cloud, preprocessing)
    expect(preprocessing.lines.join()).toContain('upload-gone')
    expect(await keysBelow(cloud, 'results/', 'prepared/', 'usage/')).toEqual([])
  })
})

describe('a repeated upload', () => {
  it('is one study however often its notification comes, in whatever order', async () => {
    const cloud = await createCloud(standIn.endpoint)
    const preprocessing = await openPreprocessing(cloud)
    const bodies: string[] = []
    for (let number = 0; number < 3; number++) await upload(cloud, `uploads/north/${number}.dcm`, chest(number))
    bodies.push(...(await drain(cloud.clients.sqs, cloud.uploads.url)))
    for (const body of [...bodies, ...bodies.toReversed(), bodies[1]]) {
      await cloud.clients.sqs.send(new SendMessageCommand({ QueueUrl: cloud.uploads.url, MessageBody: body }))
    }
    await deliverUploads(cloud, preprocessing)
    expect(await receiptsOf(cloud)).toHaveLength(3)
    expect(new Set((await jobsOf(cloud)).map((job) => job.imageId)).size).toBe(3)
    expect(await keysBelow(cloud, 'usage/')).toHaveLength(3)
  })

  it('is a duplicate under another key: a receipt of its own, counted once', async () => {
    const cloud = await createCloud(standIn.endpoint)
    const preprocessing = await openPreprocessing(cloud)
    await upload(cloud, 'uploads/north/a.dcm', chest())
    await deliverUploads(cloud, preprocessing)
    await upload(cloud, 'uploads/north/b.dcm', chest())
    await deliverUploads(cloud, preprocessing)
    const receipts = await receiptsOf(cloud)
    expect(receipts.map(({ duplicate }) => duplicate).sort()).toEqual([false, true])
    expect(new Set(receipts.map(({ imageId }) => imageId)).size).toBe(1)
    expect(await keysBelow(cloud, 'usage/')).toHaveLength(1)
  })

  it('after preprocessing has changed is prepared anew, or judged anew, beside what it was', async () => {
    const cloud = await createCloud(standIn.endpoint)
    await upload(cloud, 'uploads/north/a.dcm', chest())
    await upload(cloud, 'uploads/north/l.dcm', lateral())
    await deliverUploads(cloud, await openPreprocessing(cloud))
    const [before] = await jobsOf(cloud)
    // Whatever makes the preparation key another one; the policy is what a test can change.
    const policy = { ...defaultSuitabilityPolicy, minimumSidePixels: defaultSuitabilityPolicy.minimumSidePixels + 1 }
    await upload(cloud, 'uploads/north/a again.dcm', chest())
    await upload(cloud, 'uploads/north/l again.dcm', lateral())
    await deliverUploads(cloud, await openPreprocessing(cloud, { policy }))
    const [after] = await jobsOf(cloud)
    expect(after.imageId).toBe(before.imageId)
    expect(after.preparation).not.toBe(before.preparation)
    expect((await keysBelow(cloud, 'prepared/')).filter((key) => !/answer\.json$/.test(key))).toEqual(
      [before, after].flatMap((job) => [studyKeys.preparedImage(job), studyKeys.preparedStudy(job)]).sort(),
    )
    expect(await resultsOf(cloud)).toHaveLength(2)
    expect(await keysBelow(cloud, 'usage/')).toHaveLength(2)
  })

  it('is two studies for two tenants', async () => {
    const cloud = await createCloud(standIn.endpoint, { tenants: [{ id: 'north' }, { id: 'south' }] })
    await upload(cloud, 'uploads/north/a.dcm', chest())
    await upload(cloud, 'uploads/south/a.dcm', chest())
    await deliverUploads(cloud, await openPreprocessing(cloud))
    expect((await jobsOf(cloud)).map((job) => job.tenant).sort()).toEqual(['north', 'south'])
  })

  it('ends alike when two invocations take it at once', async () => {
    const cloud = await createCloud(standIn.endpoint)
    await upload(cloud, 'uploads/north/a.dcm', chest())
    await upload(cloud, 'uploads/north/l.dcm', lateral())
    const bodies = await drain(cloud.clients.sqs, cloud.uploads.url)
    const handlers = [await openPreprocessing(cloud), await openPreprocessing(cloud)]
    await handlers[0].handler(eventOf(bodies))
    const uploads = [...(await drain(cloud.clients.sqs, cloud.routineUploads.url))]
    expect(uploads).toHaveLength(2)
    const answers = await Promise.all(handlers.map(({ handler }) => handler(eventOf(uploads))))
    expect(answers).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }])
    expect(await receiptsOf(cloud)).toHaveLength(2)
    expect(await resultsOf(cloud)).toHaveLength(1)
    expect(await keysBelow(cloud, 'usage/')).toHaveLength(2)
  })
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

describe('a limit of the tenant', () => {
  it.each([
    [{ monthlyQuotaImages: 2 }, 'quota-exceeded'],
    [{ monthlyBudgetUsd: 0.005, estimatedCostUsdPerImage: 0.002 }, 'budget-stop'],
  ])('%j refuses the third image with a document, and admits it next month', async (limits, code) => {
    const cloud = await createCloud(standIn.endpoint, { tenants: [{ id: 'north', ...limits }] })
    let now = Date.UTC(2026, 10, 30, 12)
    const clock = { now: () => now, monotonic: () => now }
    const preprocessing = await openPreprocessing(cloud, { clock })
    for (let number = 0; number < 3; number++) {
      await upload(cloud, `uploads/north/${number}.dcm`, chest(number))
      await deliverUploads(cloud, preprocessing)
    }
    expect(await jobsOf(cloud)).toHaveLength(2)
    expect(await eventsOf(cloud)).toMatchObject([{ reason: code, outcome: 'not-analysed' }])
    expect((await receiptsOf(cloud)).map(({ outcome }) => outcome).sort()).toEqual(['not-analysed', 'queued', 'queued'])

    now = Date.UTC(2026, 11, 1, 12)
    await upload(cloud, 'uploads/north/again.dcm', chest(2))
    await deliverUploads(cloud, preprocessing)
    expect(await jobsOf(cloud)).toMatchObject([{ imageId: imageIdOf(chest(2)) }])
  })

  it('is counted anew after a minute, whoever admitted meanwhile', async () => {
    const cloud = await createCloud(standIn.endpoint, { tenants: [{ id: 'north', monthlyQuotaImages: 2 }] })
    const { parts } = await openPreprocessing(cloud)
    const tenant = (await parts.tenantOf('north'))!
    let now = Date.UTC(2026, 10, 3)
    const clock = { now: () => now, monotonic: () => now }
    const [one, other] = [new Admissions(parts.store, clock), new Admissions(parts.store, clock)]
    expect(await one.admit(tenant, { imageId: 'a', preparation: 'p' }, 'upload')).toBeNull()
    expect(await other.admit(tenant, { imageId: 'b', preparation: 'p' }, 'upload')).toBeNull()
    now += 60_000
    expect(await one.admit(tenant, { imageId: 'c', preparation: 'p' }, 'upload')).toBe('quota-exceeded')
    expect(await one.admit(tenant, { imageId: 'b', preparation: 'p' }, 'upload')).toBeNull()
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
