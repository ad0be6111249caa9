import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Admissions } from '../../functions/preprocess/admissions.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { readResultAt } from '../../lib/screening/result-documents/write-result.ts'
import { decodePreparedStudy, fetchPreparedStudy } from '../../lib/screening/screening-job/prepared-study.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { createCloud, drain } from './harness/create-cloud.ts'
import { type FaultProxy, startFaultProxy } from './harness/fault-proxy.ts'
import { deliverUploads, openPreprocessing } from './harness/run-preprocess.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'
import {
  chest,
  eventsOf,
  jobsOf,
  keysBelow,
  lateral,
  patient,
  receiptsOf,
  resultsOf,
  upload,
} from './harness/uploads.ts'

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
