import { setTimeout as sleep } from 'node:timers/promises'
import { PutParameterCommand } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EventBridgeEventSink } from '../../lib/adapters/aws/event-bridge-event-sink.ts'
import { readTenants } from '../../lib/adapters/aws/read-tenants.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../lib/adapters/aws/sqs-job-queue.ts'
import { itKeepsTheJobQueueContract } from '../contracts/job-queue-contract.ts'
import { itKeepsTheObjectStoreContract } from '../contracts/object-store-contract.ts'
import { createCloud, drain } from './harness/create-cloud.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'

let standIn: StandIn
beforeAll(async () => {
  standIn = await startStandIn()
})
afterAll(() => standIn.stop())

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
    const { clients, routine } = await createCloud(standIn.endpoint)
    return {
      queue: new SqsJobQueue(clients.sqs, routine.url),
      deadLetters: () => drain(clients.sqs, routine.deadLetterUrl),
      pass: (ms) => sleep(ms + 200),
    }
  })

  it('carries the group of a message', async () => {
    const { clients, routine } = await createCloud(standIn.endpoint)
    const queue = new SqsJobQueue(clients.sqs, routine.url)
    await queue.send('a', { group: 'north' })
    expect(await queue.receive(1, { visibilityMs: 1000, waitMs: 0 })).toMatchObject([{ body: 'a' }])
  })
})

describe('an event bus as an event sink', () => {
  it('delivers an event to whoever has a rule for it', async () => {
    const { clients, busName, eventsUrl } = await createCloud(standIn.endpoint)
    const detail = {
      tenant: 'north',
      imageId: '0'.repeat(32),
      outcome: 'suspected',
      discordant: false,
      reason: null,
      lane: 'stat',
      resultKey: 'results/north/x/y/result.json',
    } as const
    await new EventBridgeEventSink(clients.events, busName).emit('Finding Ready', detail)
    const [event] = (await drain(clients.sqs, eventsUrl)).map((body) => JSON.parse(body))
    expect(event).toMatchObject({ source: 'pleura', 'detail-type': 'Finding Ready', detail })
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
