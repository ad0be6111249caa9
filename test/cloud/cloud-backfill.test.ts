import { gzipSync } from 'node:zlib'
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseNotifications } from '../../functions/preprocess/parse-notifications.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../lib/adapters/aws/sqs-job-queue.ts'
import { backfillKeys } from '../../lib/screening/backfill/cloud-backfill.ts'
import { uploadIdOf } from '../../lib/screening/screening-job/study-keys.ts'
import { runCommand } from '../cli/run-command.ts'
import { type Cloud, createCloud, drain } from './harness/create-cloud.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'

let standIn: StandIn
let cloud: Cloud
let archive: string
beforeAll(async () => {
  standIn = await startStandIn()
})
afterAll(() => standIn.stop())
beforeEach(async () => {
  cloud = await createCloud(standIn.endpoint)
  archive = `${cloud.bucket}-archive`
  const place = { LocationConstraint: 'eu-central-1' } as const
  await cloud.clients.s3.send(new CreateBucketCommand({ Bucket: archive, CreateBucketConfiguration: place }))
  for (const [name, value] of Object.entries(cloud.environment)) vi.stubEnv(name, value)
  // S3 tells a queue that it will be told of objects.
  await drain(cloud.clients.sqs, cloud.uploads.url)
})
afterEach(() => vi.unstubAllEnvs())

const keep = (Key: string, Body: string | Buffer = 'pixels') =>
  cloud.clients.s3.send(new PutObjectCommand({ Bucket: archive, Key, Body, Metadata: { patient: 'DOE' } }))
/** The command, of the same modules as the function, which is loaded anew for its environment. */
async function work(action: string, ...words: string[]) {
  const { addCloudBackfillCommand } = await import('../../lib/cli/cloud-backfill-command.ts')
  const about = ['--bucket', cloud.bucket, '--tenant', 'north', '--name', 'old']
  return runCommand(addCloudBackfillCommand, 'cloud-backfill', action, ...about, ...words)
}

/** One topping up, by the function's own main.ts. */
async function tick(atATime = 32): Promise<number> {
  const { uploads, statUploads, routineUploads, stat, routine } = cloud
  vi.stubEnv('STUDY_BUCKET', cloud.bucket)
  vi.stubEnv('QUEUE_URLS', [uploads, statUploads, routineUploads, stat, routine].map(({ url }) => url).join())
  vi.stubEnv('AT_A_TIME', String(atATime))
  vi.resetModules()
  const { handler } = await import('../../functions/backfill/main.ts')
  return handler({}, { getRemainingTimeInMillis: () => 0 })
}
/** What preprocessing is told of. */
const told = async () =>
  (await drain(cloud.clients.sqs, cloud.uploads.url)).flatMap((body) => parseNotifications(body, cloud.bucket))

describe('an archive in a bucket', () => {
  it('is planned, started, fed beside what is on its way, paused, and reported', async () => {
    // Keys as senders write them.
    const keys = ['studies/a b+c.dcm', 'studies/Müller/1.dcm', 'studies/3%20.dcm', 'studies/4.dcm']
    for (const key of keys) await keep(key)
    await keep('studies/folder/')
    await keep('elsewhere/5.dcm')
    const planned = JSON.parse((await work('plan', '--prefix', `s3://${archive}/studies/`, '--json')).stdout)
    expect(planned).toMatchObject({ entries: 4, sizeBytes: 24, estimate: { days: 1 } })
    expect(await tick()).toBe(0)
    await work('start', '--max-images', '3')
    expect(await tick(2)).toBe(2)
    const first = await told()
    expect(first.map(({ key }) => key).sort()).toEqual([0, 1].map((line) => backfillKeys.upload('north', 'old', line)))
    await work('pause')
    expect(await tick()).toBe(0)
    await work('resume')
    expect(await tick()).toBe(1)
    await work('resume', '--max-images', '10')
    // The third's notification is still in its queue.
    expect(await tick(2)).toBe(1)
    await told()
    const report = JSON.parse((await work('report', '--json')).stdout)
    expect(report).toMatchObject({ state: 'fed', fed: 4, withoutResult: 4 })
    const store = new S3ObjectStore(cloud.clients.s3, cloud.bucket)
    const fed = new TextDecoder().decode(await store.get(backfillKeys.fed('north', 'old', 0)))
    // The stand-in tells no version in its notifications, as S3 does.
    for (const { key } of first) {
      const { VersionId } = await cloud.clients.s3.send(new HeadObjectCommand({ Bucket: cloud.bucket, Key: key }))
      expect(VersionId).toMatch(/.{8}/)
      expect(fed).toContain(uploadIdOf(key, VersionId as string))
    }
  })

  it('that has lost an object since it was listed says so of that one alone', async () => {
    for (const key of ['a.dcm', 'c.dcm']) await keep(key)
    await keep('list.csv', `${archive},a.dcm\n${archive},b.dcm\n${archive},c.dcm\n`)
    await work('plan', '--manifest', `s3://${archive}/list.csv`)
    await work('start')
    expect(await tick()).toBe(3)
    const report = JSON.parse((await work('report', '--json')).stdout)
    expect(report).toMatchObject({ notAnalysed: { gone: 1 }, withoutResult: 2 })
  })

  it('is listed by an S3 inventory, packed, with keys encoded', async () => {
    await keep('x y.dcm')
    await keep('i/part.csv.gz', gzipSync(`"${archive}","x+y.dcm","6"\n"${archive}","gone%2Fz.dcm","7"\n`))
    const manifest = { sourceBucket: archive, fileFormat: 'CSV', fileSchema: 'Bucket, Key, Size' }
    await keep('i/manifest.json', JSON.stringify({ ...manifest, files: [{ key: 'i/part.csv.gz' }] }))
    const inventory = ['--inventory', `s3://${archive}/i/manifest.json`]
    expect(JSON.parse((await work('plan', ...inventory, '--json')).stdout)).toMatchObject({ entries: 2, sizeBytes: 13 })
    await work('start')
    await tick()
    expect(await new SqsJobQueue(cloud.clients.sqs, cloud.uploads.url).depth()).toBe(1)
  })

  it('with nothing in it, of another source, or without a plan is refused', async () => {
    await expect(work('start')).rejects.toThrow('There is no plan')
    await expect(work('plan', '--prefix', `s3://${archive}/none/`)).rejects.toThrow()
    await keep('a.dcm')
    await work('plan', '--prefix', `s3://${archive}/a`)
    await expect(work('plan', '--prefix', `s3://${archive}/`)).rejects.toThrow('another --name')
    await expect(work('plan')).rejects.toThrow('Give one of')
  })
})
