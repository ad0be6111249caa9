import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { S3Client } from '@aws-sdk/client-s3'
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { PutParameterCommand } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { S3MultipartUploads } from '../../functions/console/multipart-uploads.ts'
import { clientSettings } from '../../lib/adapters/aws/client-settings.ts'
import { EventBridgeEventSink } from '../../lib/adapters/aws/event-bridge-event-sink.ts'
import { readTenants } from '../../lib/adapters/aws/read-tenants.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../lib/adapters/aws/sqs-job-queue.ts'
import { partBytes } from '../../lib/console/api/upload-parts.ts'
import { TransientError } from '../../lib/screening/kernel/errors.ts'
import { itKeepsTheJobQueueContract } from '../contracts/job-queue-contract.ts'
import { itKeepsTheObjectStoreContract } from '../contracts/object-store-contract.ts'
import { createCloud, drain } from './harness/create-cloud.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'

const detail = {
  tenant: 'north',
  imageId: '0'.repeat(32),
  outcome: 'suspected',
  discordant: false,
  reason: null,
  lane: 'stat',
  schemaVersion: 1 as const,
  resultKey: 'results/north/x/y/result.json',
  study: null,
} as const

let standIn: StandIn
beforeAll(async () => {
  standIn = await startStandIn()
})
afterAll(() => standIn.stop())

describe('an object that comes in parts', () => {
  it('takes each by a grant for its size, tells which have come, and is there once they are completed', async () => {
    const { clients, bucket } = await createCloud(standIn.endpoint)
    const { region, credentials } = clients.s3.config
    const client = new S3Client({
      region,
      credentials,
      endpoint: standIn.endpoint,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    })
    const multiparts = new S3MultipartUploads(client, bucket)
    const store = new S3ObjectStore(clients.s3, bucket)
    const key = 'uploads/north/console/a'
    const file = new Uint8Array(partBytes + 3).map((_, index) => index % 251)
    const multipart = await multiparts.begin(key)
    const send = async (number: number) => {
      const body = file.slice((number - 1) * partBytes, number * partBytes)
      const href = await multiparts.signPart(key, multipart, { number, sizeBytes: body.length })
      const asked = new URL(href).searchParams
      expect([asked.get('X-Amz-SignedHeaders'), asked.get('X-Amz-Expires')]).toEqual(['content-length;host', '300'])
      // A checksum of no bytes would be refused by S3.
      expect([...asked.keys()].filter((name) => /checksum/i.test(name))).toEqual([])
      expect((await fetch(href, { method: 'PUT', body })).status).toBe(200)
    }
    expect(await multiparts.list(key, multipart)).toEqual([])
    await send(2)
    await send(1)
    await send(2)
    const come = await multiparts.list(key, multipart)
    expect(come).toMatchObject([
      { number: 1, sizeBytes: partBytes },
      { number: 2, sizeBytes: 3 },
    ])
    expect(await store.exists(key)).toBe(false)
    await multiparts.complete(key, multipart, come!)
    expect(Buffer.compare(await store.get(key), file)).toBe(0)
    expect(await multiparts.list(key, multipart)).toBeNull()
    await multiparts.abort(key, multipart)

    const other = await multiparts.begin(key)
    await multiparts.abort(key, other)
    await multiparts.abort(key, other)
    expect(await multiparts.list(key, other)).toBeNull()
  })
})

describe('a bucket as an object store', () => {
  itKeepsTheObjectStoreContract(async () => {
    const { clients, bucket } = await createCloud(standIn.endpoint)
    return new S3ObjectStore(clients.s3, bucket)
  })

  it('holds keys of 1,024 bytes', async () => {
    const { clients, bucket } = await createCloud(standIn.endpoint)
    const store = new S3ObjectStore(clients.s3, bucket)
    const key = `uploads/north/${'ä'.repeat(505)}`
    expect(Buffer.byteLength(key)).toBe(1024)
    await store.put(key, new Uint8Array([1]))
    expect(await store.get(key)).toEqual(new Uint8Array([1]))
  })

  it('lists more keys than one page holds', async () => {
    const { clients, bucket } = await createCloud(standIn.endpoint)
    const store = new S3ObjectStore(clients.s3, bucket)
    const keys = Array.from({ length: 1005 }, (_, n) => `many/${String(n).padStart(5, '0')}`)
    for (let start = 0; start < keys.length; start += 50) {
      await Promise.all(keys.slice(start, start + 50).map((key) => store.put(key, new Uint8Array())))
    }
    const found: string[] = []
    for await (const key of store.list('many/')) found.push(key)
    expect(found).toEqual(keys)
  })
})

describe('a standard queue as a job queue', () => {
  itKeepsTheJobQueueContract(async () => {
    const { clients, routine } = await createCloud(standIn.endpoint, { maximumReceives: 3 })
    return {
      queue: new SqsJobQueue(clients.sqs, routine.url, routine.deadLetterUrl),
      deadLetters: () => drain(clients.sqs, routine.deadLetterUrl),
      pass: (ms) => sleep(ms + 200),
    }
  })

  it('carries the group of a message', async () => {
    const { clients, routine } = await createCloud(standIn.endpoint)
    const queue = new SqsJobQueue(clients.sqs, routine.url)
    await queue.send('a', { group: 'north' })
    const { Messages } = await clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: routine.url, MessageSystemAttributeNames: ['MessageGroupId'] }),
    )
    expect(Messages).toMatchObject([{ Body: 'a', Attributes: { MessageGroupId: 'north' } }])
  })
})

describe('a receipt', () => {
  const answering = (name: string) =>
    new SqsJobQueue(
      {
        send: () => Promise.reject(Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 400 } })),
      } as never,
      'https://sqs.test/1/queue',
    )

  // What SQS answers to one that has expired, or whose message is gone.
  it('whose delivery was overtaken is no error', async () => {
    await answering('InvalidParameterValue').acknowledge('receipt')
    await answering('InvalidParameterValue').extend('receipt', 60_000)
  })

  it.each(['AccessDenied', 'QueueDoesNotExist', 'MissingParameter'])('hides no %s', async (name) => {
    await expect(answering(name).acknowledge('receipt')).rejects.toThrow(name)
    await expect(answering(name).extend('receipt', 60_000)).rejects.toThrow(name)
  })

  it.each([Number.NaN, -1, 12 * 3_600_000 + 1])(
    'is not extended by %d ms, to which SQS gives the same answer',
    async (ms) => {
      await expect(answering('InvalidParameterValue').extend('receipt', ms)).rejects.toBeInstanceOf(RangeError)
    },
  )
})

describe('an event bus as an event sink', () => {
  it('delivers an event to whoever has a rule for it', async () => {
    const { clients, busName, eventsUrl } = await createCloud(standIn.endpoint)
    await new EventBridgeEventSink(clients.events, busName).emit('Finding Ready', detail)
    const [event] = (await drain(clients.sqs, eventsUrl)).map((body) => JSON.parse(body))
    expect(event).toMatchObject({ source: 'pleura', 'detail-type': 'Finding Ready', detail })
  })
})

describe('an answer that is none', () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const settings = { region: 'eu-central-1', credentials, maxAttempts: 1 }

  /** A server that answers every request alike; `null` never. */
  async function answering(answer: { status: number; body: string; headers?: Record<string, string> } | null) {
    const server = createServer((_, response) => {
      if (answer) response.writeHead(answer.status, answer.headers).end(answer.body)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`
  }

  it('of a silent server ends after the time of a request, transient', async () => {
    const requestHandler = { ...clientSettings.requestHandler, requestTimeout: 300 }
    const client = new S3Client({ ...settings, endpoint: await answering(null), requestHandler })
    await expect(new S3ObjectStore(client, 'bucket').get('k')).rejects.toBeInstanceOf(TransientError)
  })

  it('of a body with another checksum is transient', async () => {
    const headers = { 'x-amz-checksum-crc32': 'AAAAAA==', 'content-length': '3' }
    const client = new S3Client({ ...settings, endpoint: await answering({ status: 200, body: 'abc', headers }) })
    await expect(new S3ObjectStore(client, 'bucket').get('k')).rejects.toBeInstanceOf(TransientError)
  })

  it('of a conflict that does not end is transient', async () => {
    const body = '<Error><Code>ConditionalRequestConflict</Code></Error>'
    const client = new S3Client({ ...settings, endpoint: await answering({ status: 409, body }) })
    const put = new S3ObjectStore(client, 'bucket').put('k', new Uint8Array(), { ifAbsent: true })
    await expect(put).rejects.toBeInstanceOf(TransientError)
  })

  it('of throttling with status 400 is transient', async () => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': 'ThrottlingException' }
    const endpoint = await answering({ status: 400, body: '{"__type":"ThrottlingException"}', headers })
    const sink = new EventBridgeEventSink(new EventBridgeClient({ ...settings, endpoint }), 'bus')
    await expect(sink.emit('Finding Ready', detail)).rejects.toBeInstanceOf(TransientError)
  })

  it('of a bus that refuses the entry is transient', async () => {
    const headers = { 'content-type': 'application/x-amz-json-1.1' }
    const body = JSON.stringify({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] })
    const endpoint = await answering({ status: 200, body, headers })
    const sink = new EventBridgeEventSink(new EventBridgeClient({ ...settings, endpoint }), 'bus')
    await expect(sink.emit('Finding Ready', detail)).rejects.toBeInstanceOf(TransientError)
  })

  it('for want of credentials is not: no repetition cures it', async () => {
    const fails = () => Promise.reject(Object.assign(new Error('none'), { name: 'CredentialsProviderError' }))
    const client = new S3Client({ ...settings, credentials: fails, endpoint: 'http://127.0.0.1:1' })
    await expect(new S3ObjectStore(client, 'bucket').get('k')).rejects.not.toBeInstanceOf(TransientError)
  })
})

describe('the tenants', () => {
  it('are read with their defaults', async () => {
    const tenants = Array.from({ length: 12 }, (_, n) => ({ id: `t${n}`, monthlyQuotaImages: n }))
    const { clients, tenantsPath } = await createCloud(standIn.endpoint, { tenants })
    const found = await readTenants(clients.ssm, tenantsPath)
    expect(found.size).toBe(12)
    expect(found.get('t7')).toMatchObject({ id: 't7', monthlyQuotaImages: 7, deliverMask: true, lanes: ['routine'] })
  })

  it.each([
    ['no JSON', '{'],
    ['an unknown field', JSON.stringify({ id: 'south', quota: 3 })],
    ["another tenant's settings", JSON.stringify({ id: 'east' })],
  ])('are refused with the name of the parameter when it holds %s', async (_, Value) => {
    const { clients, tenantsPath } = await createCloud(standIn.endpoint)
    const Name = `${tenantsPath}/south`
    await clients.ssm.send(new PutParameterCommand({ Name, Value, Type: 'String' }))
    await expect(readTenants(clients.ssm, tenantsPath)).rejects.toThrow(Name)
  })

  it('are refused when there is none', async () => {
    const { clients } = await createCloud(standIn.endpoint)
    await expect(readTenants(clients.ssm, '/nowhere')).rejects.toThrow(/No tenant below '\/nowhere'/)
  })
})
