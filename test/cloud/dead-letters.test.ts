import { createServer, request as httpRequest } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { PutParameterCommand } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { writeFailure } from '../../functions/screen/failure-document.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../lib/adapters/aws/sqs-job-queue.ts'
import { addDeadLettersCommand } from '../../lib/cli/dead-letters-command.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { buildStudyJob, parseStudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { uploadIdOf } from '../../lib/screening/screening-job/study-keys.ts'
import { tenant } from '../../lib/screening/screening-job/tenant.ts'
import { runCommand } from '../cli/run-command.ts'
import { drawPicture } from '../functions/screen/draw-picture.ts'
import { type Cloud, createCloud, drain } from './harness/create-cloud.ts'
import { deliverUploads, openPreprocessing } from './harness/run-preprocess.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'
import { buildWorker } from './worker/build-worker.ts'
import { startWorker } from './worker/start-worker.ts'

let standIn: StandIn
let cloud: Cloud
beforeAll(async () => {
  standIn = await startStandIn()
})
afterAll(() => standIn.stop())
beforeEach(async () => {
  cloud = await createCloud(standIn.endpoint, { visibility: 0, maximumReceives: 1 })
  for (const [name, value] of Object.entries(cloud.environment)) vi.stubEnv(name, value)
})
afterEach(() => vi.unstubAllEnvs())

const jobOf = (number: number, tenant = 'north') => ({
  tenant,
  imageId: number.toString(16).padStart(32, '0'),
  preparation: '0'.repeat(64),
  lane: 'routine' as const,
  enqueuedAt: 1_795_430_000_000,
})

/** Sends messages to a queue and takes each as often as its redrive policy bears. */
async function die(...bodies: string[]): Promise<void> {
  const { sqs } = cloud.clients
  for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl: cloud.routine.url, MessageBody }))
  for (let look = 0; look < 3 + bodies.length; look++) {
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: cloud.routine.url, MaxNumberOfMessages: 10 }))
  }
  expect(await new SqsJobQueue(sqs, cloud.routine.deadLetterUrl).depth()).toBe(bodies.length)
}

const run = (action: 'list' | 'redrive', ...args: string[]) =>
  runCommand(
    addDeadLettersCommand,
    'dead-letters',
    action,
    '--queue-url',
    cloud.routine.deadLetterUrl,
    '--bucket',
    cloud.bucket,
    '--json',
    ...args,
  )

const imagesOf = (letters: { imageId: string | null }[]) => letters.map(({ imageId }) => imageId).sort()
const depthOf = (url: string) => new SqsJobQueue(cloud.clients.sqs, url).depth()

/** Stands before the stand-in and refuses one action of SQS. */
async function refuse(action: string): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    if (request.headers['x-amz-target'] === `AmazonSQS.${action}`) {
      response.writeHead(403, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify({ __type: 'AccessDenied', message: 'refused by the test' }))
      return
    }
    const forwarded = httpRequest(standIn.endpoint, {
      method: request.method,
      path: request.url,
      headers: request.headers,
    })
    forwarded.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    forwarded.end(body)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

describe('pleura dead-letters', () => {
  it('lists every dead letter with its reason and leaves all of them there', async () => {
    const jobs = Array.from({ length: 12 }, (_, number) => jobOf(number))
    await die(...jobs.map(buildStudyJob))
    const store = new S3ObjectStore(cloud.clients.s3, cloud.bucket)
    const at = new Date('2026-11-23T10:00:00Z')
    const attempts = { failed: 0, endedAlone: 4, endedBeside: 1 }
    const failure = { error: null, attempts, deliveries: 7, at }
    await writeFailure(store, { schemaVersion: 2, ...jobs[3] }, { ...failure, reason: 'ends-its-worker' })
    for (const _ of ['once', 'again']) {
      const { stdout, exitCode } = await run('list')
      const { left, redriven } = JSON.parse(stdout)
      expect(exitCode).toBe(3)
      expect(redriven).toEqual([])
      expect(imagesOf(left)).toEqual(imagesOf(jobs))
      const reasons = Object.fromEntries(
        left.map((letter: { imageId: string; reason: string }) => [letter.imageId, letter.reason]),
      )
      expect(reasons[jobs[3].imageId]).toBe(
        'ends-its-worker: a worker ended 4 times with it alone, 1 times with others beside it; 7 deliveries',
      )
      expect(reasons[jobs[4].imageId]).toBe('no failure document')
    }
  })

  it('has nothing to list in an empty queue', async () => {
    const { stdout, exitCode } = await run('list')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout).left).toEqual([])
  })

  it('sends dead letters back to the queue they came from, once', async () => {
    const jobs = Array.from({ length: 12 }, (_, number) => jobOf(number))
    await die(...jobs.map(buildStudyJob))
    const { stdout, exitCode } = await run('redrive')
    expect(exitCode).toBe(0)
    const report = JSON.parse(stdout)
    expect(report.to).toBe(cloud.routine.url)
    expect(report.redriven).toHaveLength(12)
    expect(await depthOf(cloud.routine.deadLetterUrl)).toBe(0)
    expect(JSON.parse((await run('redrive')).stdout).redriven).toEqual([])
    const sent = await drain(cloud.clients.sqs, cloud.routine.url)
    expect(imagesOf(sent.map(parseStudyJob))).toEqual(imagesOf(jobs))
  })

  it('keeps the tenant as the message group', async () => {
    await die(buildStudyJob(jobOf(1)))
    await run('redrive')
    const { Messages = [] } = await cloud.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: cloud.routine.url, MessageSystemAttributeNames: ['All'] }),
    )
    expect(Messages[0].Attributes?.MessageGroupId).toBe('north')
  })

  it.each([
    ['--tenant', 'south', [1]],
    ['--image-id', jobOf(2).imageId, [2]],
  ])('sends back only what %s %s asks for', async (option, value, numbers) => {
    await die(buildStudyJob(jobOf(0)), buildStudyJob(jobOf(1, 'south')), buildStudyJob(jobOf(2)))
    const { stdout } = await run('redrive', option, value)
    expect(imagesOf(JSON.parse(stdout).redriven)).toEqual(numbers.map((number) => jobOf(number).imageId))
    expect(await depthOf(cloud.routine.deadLetterUrl)).toBe(2)
    expect(JSON.parse((await run('list')).stdout).left).toHaveLength(2)
  })

  it('leaves what no program of ours wrote, and says so', async () => {
    await die('no job', buildStudyJob(jobOf(1)))
    const { stdout, exitCode } = await run('redrive')
    expect(exitCode).toBe(3)
    const { redriven, left } = JSON.parse(stdout)
    expect(imagesOf(redriven)).toEqual([jobOf(1).imageId])
    expect(left).toMatchObject([{ kind: 'unreadable', tenant: null }])
    expect(await depthOf(cloud.routine.deadLetterUrl)).toBe(1)
  })

  it('sends the same job once, however often it lies there: one that fails again goes round no circle', async () => {
    await die(buildStudyJob(jobOf(1)), buildStudyJob(jobOf(1)))
    const { redriven, left } = JSON.parse((await run('redrive')).stdout)
    expect([redriven.length, left.length]).toEqual([1, 1])
    expect(await depthOf(cloud.routine.url)).toBe(1)
  })

  it('names uploads by their identifier, never by the key of the sender', async () => {
    const object = { key: 'uploads/north/Doe%2C+Jane.dcm', eTag: 'e', versionId: 'v1', size: 3 }
    await die(JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object } }] }))
    const { stdout } = await run('list')
    expect(stdout).not.toContain('Doe')
    expect(JSON.parse(stdout).left).toMatchObject([
      { kind: 'upload', tenant: 'north', uploadIds: [uploadIdOf('uploads/north/Doe, Jane.dcm', 'v1')] },
    ])
  })

  it.each([
    ['SendMessage', 0],
    ['DeleteMessage', 1],
  ])('keeps the dead letter, visible, when %s is refused', async (refused, copies) => {
    await die(buildStudyJob(jobOf(1)))
    const proxy = await refuse(refused)
    // The client sends to the host of the queue's URL.
    const url = cloud.routine.deadLetterUrl.replace(standIn.endpoint, proxy.endpoint)
    await expect(run('redrive', '--queue-url', url)).rejects.toThrow('lack a right')
    await proxy.stop()
    expect(imagesOf(JSON.parse((await run('list')).stdout).left)).toEqual([jobOf(1).imageId])
    expect(await depthOf(cloud.routine.url)).toBe(copies)
  })

  it('refuses to send to a queue that sets nothing aside there', async () => {
    await die(buildStudyJob(jobOf(1)))
    await expect(run('redrive', '--to', cloud.stat.url)).rejects.toThrow(ConfigurationError)
    expect(await depthOf(cloud.routine.deadLetterUrl)).toBe(1)
    expect(await depthOf(cloud.stat.url)).toBe(0)
  })

  it.each(['list', 'redrive'] as const)('stops after the limit: %s', async (action) => {
    await die(...[0, 1, 2].map((number) => buildStudyJob(jobOf(number))))
    const { stdout } = await run(action, '--limit', '2')
    const { left, redriven } = JSON.parse(stdout)
    expect(action === 'list' ? left : redriven).toHaveLength(2)
    expect(await depthOf(cloud.routine.deadLetterUrl)).toBe(action === 'list' ? 3 : 1)
  })

  it('refuses a queue that is nobody’s dead-letter queue', async () => {
    await expect(
      runCommand(
        addDeadLettersCommand,
        ...['dead-letters', 'redrive', '--queue-url', cloud.routine.url, '--bucket', cloud.bucket],
      ),
    ).rejects.toThrow(ConfigurationError)
  })
})

it('brings an image through whose failure was mended', async () => {
  const worker = await buildWorker()
  try {
    cloud = await createCloud(standIn.endpoint, {
      tenants: [{ id: 'north' }],
    })
    const setTenant = async (settings: object) => {
      const Value = JSON.stringify(tenant.parse({ id: 'north', ...settings }))
      const Name = `${cloud.tenantsPath}/north`
      await cloud.clients.ssm.send(new PutParameterCommand({ Name, Value, Overwrite: true }))
    }
    const picture = await drawPicture(1, true)
    const upload = { Bucket: cloud.bucket, Key: 'uploads/north/1.png', Body: picture }
    await cloud.clients.s3.send(new PutObjectCommand(upload))
    await deliverUploads(cloud, await openPreprocessing(cloud))
    // An upload of a tenant whose operating point is unknown waits before its job; this one lost it behind that.
    await setTenant({ operatingPoint: 'none' })
    const work = () => startWorker(worker.program, cloud, standIn.endpoint, { IDLE_EXIT_SECONDS: '2' })
    expect(await work().ended).toBe(0)
    const { left } = JSON.parse((await run('list')).stdout)
    expect(left).toMatchObject([
      { imageId: imageIdOf(picture), reason: 'unknown-operating-point: failed 4 times; 4 deliveries' },
    ])

    await setTenant({})
    expect((await run('redrive')).exitCode).toBe(0)
    expect(await work().ended).toBe(0)
    const results = new S3ObjectStore(cloud.clients.s3, cloud.bucket).list(`results/north/${imageIdOf(picture)}/`)
    const keys: string[] = []
    for await (const key of results) keys.push(key)
    expect(keys.filter((key) => key.endsWith('/result.json'))).toHaveLength(1)
    expect((await run('list')).exitCode).toBe(0)
  } finally {
    worker.remove()
  }
})
