import { CreateEventBusCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { PutParameterCommand } from '@aws-sdk/client-ssm'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventBridgeEventSink } from '../../lib/adapters/aws/event-bridge-event-sink.ts'
import { readParameter } from '../../lib/adapters/aws/read-parameter.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../lib/adapters/aws/sqs-job-queue.ts'
import { addDeadLettersCommand } from '../../lib/cli/dead-letters-command.ts'
import { parseCloudMessage } from '../../lib/delivery/cloud-message.ts'
import { emitResult } from '../../lib/screening/result-documents/study-event.ts'
import { runCommand } from '../cli/run-command.ts'
import { answering, type HttpReceiver, openHttpReceiver } from '../delivery/http-receiver.ts'
import { type StoredOptions, storeCloudResult } from '../delivery/stored-result.ts'
import { type Cloud, createCloud, drain } from './harness/create-cloud.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'

const secret = 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz'

let standIn: StandIn
let cloud: Cloud
let receiver: HttpReceiver
beforeAll(async () => {
  standIn = await startStandIn()
})
afterAll(() => standIn.stop())
beforeEach(async () => {
  receiver = await openHttpReceiver()
  cloud = await createCloud(standIn.endpoint)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await receiver.stop()
})

const put = (Name: string, Value: string, Type: 'String' | 'SecureString' = 'String') =>
  cloud.clients.ssm.send(new PutParameterCommand({ Name, Value, Type, Overwrite: true }))

/** A target's queue, rule, parameters and function, as the stack makes them; the function is its own main.ts. */
async function openTarget(settings: Readonly<Record<string, unknown>>) {
  const { sqs, events } = cloud.clients
  const arnOf = async (QueueUrl: string) => {
    const asked = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
    return asked.Attributes?.QueueArn as string
  }
  // Of this cloud, and used by nothing else here.
  const { url, deadLetterUrl } = cloud.stat
  const rule = { Name: `${cloud.bucket}-deliver`, EventBusName: cloud.busName }
  const EventPattern = JSON.stringify({ source: ['pleura'], detail: { tenant: ['north'] } })
  await events.send(new PutRuleCommand({ ...rule, EventPattern }))
  await events.send(
    new PutTargetsCommand({
      Rule: rule.Name,
      EventBusName: rule.EventBusName,
      Targets: [{ Id: 'deliver', Arn: await arnOf(url) }],
    }),
  )
  const targetParameter = `/${cloud.bucket}/targets/north/worklist`
  await put(targetParameter, JSON.stringify({ name: 'worklist', ...settings }))
  const environment = {
    ...cloud.environment,
    STUDY_BUCKET: cloud.bucket,
    TENANT: 'north',
    TARGET: 'worklist',
    TENANT_PARAMETER: `${cloud.tenantsPath}/north`,
    TARGET_PARAMETER: targetParameter,
    QUEUE_URL: url,
    DEAD_LETTER_URL: deadLetterUrl,
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  vi.resetModules()
  const { handler } = await import('../../functions/deliver/main.ts')
  /** What Lambda's event source does once. @returns how many messages it took */
  const deliver = async (): Promise<number> => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
      }),
    )
    if (Messages.length === 0) return 0
    const records = Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes }) => ({
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
      attributes: Attributes as never,
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: '',
      awsRegion: 'eu-central-1',
    }))
    const { batchItemFailures } = await handler({ Records: records }, { getRemainingTimeInMillis: () => 120_000 })
    const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
    for (const { messageId, receiptHandle } of records) {
      if (!failed.includes(messageId)) {
        await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle }))
      }
    }
    return Messages.length
  }
  return {
    deliver,
    /** Until there is a message, or 10 s have passed. */
    async deliverNext() {
      for (let look = 0; look < 100; look++) {
        if ((await deliver()) > 0) return
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      throw new Error('no message came')
    },
    depth: () => new SqsJobQueue(sqs, url).depth(),
    deadLetters: async () => (await drain(sqs, deadLetterUrl)).map((body) => parseCloudMessage(body)?.givenUp),
  }
}

/** Stores a result as the worker does, and tells of it on the bus. */
async function tell(options: StoredOptions = {}) {
  const { s3, events } = cloud.clients
  const stored = await storeCloudResult(new S3ObjectStore(s3, cloud.bucket), 'north', options)
  const sink = new EventBridgeEventSink(events, cloud.busName)
  const at = { tenant: 'north', lane: 'stat' as const, resultKey: stored.resultKey, study: null }
  await emitResult(sink, stored.result, at)
  return { ...stored, tellAgain: () => emitResult(sink, stored.result, at) }
}

describe('from the bus to a target', () => {
  it('a webhook is told once, signed by a secret that is a SecureString', async () => {
    await put('/secrets/worklist', secret, 'SecureString')
    const hook = { kind: 'webhook', url: receiver.url, secret: '/secrets/worklist', allowPrivateAddress: true }
    const target = await openTarget(hook)
    const { result, resultKey, tellAgain } = await tell()
    await target.deliverNext()
    const [{ body, headers }] = receiver.received
    const told = new Webhook(secret).verify(body.toString(), headers as Record<string, string>)
    expect(told).toMatchObject({
      type: 'finding.ready',
      data: { tenant: 'north', imageId: result.imageId, lane: 'stat', resultKey },
    })
    expect(await target.depth()).toBe(0)
    await tellAgain()
    await target.deliverNext()
    expect(receiver.received).toHaveLength(1)
    expect(await target.depth()).toBe(0)
  })

  it('a FHIR server gets the stored transaction, with the credentials of the secret', async () => {
    receiver.answer = (response, { body }) => {
      const entry = JSON.parse(body.toString()).entry.map(() => ({ response: { status: '201 Created' } }))
      answering(200, { resourceType: 'Bundle', type: 'transaction-response', entry })(response, receiver.received[0])
    }
    await put('/secrets/ehr', 'Bearer of-the-hospital', 'SecureString')
    const fhir = { kind: 'fhir', url: `${receiver.url}/r4`, secret: '/secrets/ehr', allowPrivateAddress: true }
    const target = await openTarget(fhir)
    const { resultKey } = await tell()
    await target.deliverNext()
    const [{ body, headers, path }] = receiver.received
    expect([path, headers.authorization]).toEqual(['/r4', 'Bearer of-the-hospital'])
    const stored = await new S3ObjectStore(cloud.clients.s3, cloud.bucket).get(
      resultKey.replace('result.json', 'fhir.json'),
    )
    expect(body.equals(Buffer.from(stored))).toBe(true)
    expect(await target.depth()).toBe(0)
  })

  it('that is down leaves the delivery hidden in its queue, and gets it when it is back', async () => {
    await put('/secrets/worklist', secret, 'SecureString')
    const hook = { kind: 'webhook', url: receiver.url, secret: '/secrets/worklist', allowPrivateAddress: true }
    const target = await openTarget(hook)
    receiver.answer = answering(503, '')
    await tell()
    await target.deliverNext()
    expect(await target.depth()).toBe(1)
    expect(await target.deliver()).toBe(0)
    receiver.answer = answering(204, '')
    await target.deliverNext()
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(
      Array(2).fill(receiver.received[0].headers['webhook-id']),
    )
    expect(await target.depth()).toBe(0)
  })

  it('that refuses it leaves a dead letter with the reason', async () => {
    await put('/secrets/worklist', secret, 'SecureString')
    const hook = { kind: 'webhook', url: receiver.url, secret: '/secrets/worklist', allowPrivateAddress: true }
    const target = await openTarget(hook)
    receiver.answer = answering(422, '')
    await tell()
    await target.deliverNext()
    expect(await target.depth()).toBe(0)
    expect(await target.deadLetters()).toMatchObject([{ target: 'worklist', reason: 'http-422', attempts: 1 }])
  })

  it('whose secret is missing waits for it', async () => {
    const hook = { kind: 'webhook', url: receiver.url, secret: '/secrets/of-nobody', allowPrivateAddress: true }
    const target = await openTarget(hook)
    await tell()
    await target.deliverNext()
    expect(receiver.received).toEqual([])
    expect(await target.depth()).toBe(1)
    await put('/secrets/of-nobody', secret, 'SecureString')
    await target.deliverNext()
    expect(receiver.received).toHaveLength(1)
  })

  it('another event bus gets the event', async () => {
    const { events } = cloud.clients
    const { EventBusArn } = await events.send(new CreateEventBusCommand({ Name: `${cloud.bucket}-hospital` }))
    const rule = { Name: `${cloud.bucket}-all`, EventBusName: `${cloud.bucket}-hospital` }
    await events.send(new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: ['pleura'] }) }))
    const routine = await cloud.clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: cloud.routine.url, AttributeNames: ['QueueArn'] }),
    )
    await events.send(
      new PutTargetsCommand({
        Rule: rule.Name,
        EventBusName: rule.EventBusName,
        Targets: [{ Id: 'all', Arn: routine.Attributes?.QueueArn as string }],
      }),
    )
    const target = await openTarget({ kind: 'eventbridge', busArn: EventBusArn })
    const { resultKey } = await tell()
    await target.deliverNext()
    const [body] = await drain(cloud.clients.sqs, cloud.routine.url)
    expect(JSON.parse(body)).toMatchObject({
      source: 'pleura',
      'detail-type': 'Finding Ready',
      detail: { tenant: 'north', resultKey },
    })
    expect(await target.depth()).toBe(0)
  })

  it('a bus that is gone is a target that is down', async () => {
    const gone = 'arn:aws:events:eu-central-1:123456789012:event-bus/gone'
    const target = await openTarget({ kind: 'eventbridge', busArn: gone })
    await tell()
    await target.deliverNext()
    expect(await target.depth()).toBe(1)
  })
})

describe('pleura dead-letters', () => {
  it('lists what a target refused, and sends it back without screening it again', async () => {
    await put('/secrets/worklist', secret, 'SecureString')
    const hook = { kind: 'webhook', url: receiver.url, secret: '/secrets/worklist', allowPrivateAddress: true }
    const target = await openTarget(hook)
    receiver.answer = answering(422, '')
    const { result } = await tell()
    await target.deliverNext()
    const run = async (action: string) => {
      const at = ['--queue-url', cloud.stat.deadLetterUrl, '--bucket', cloud.bucket, '--json']
      return JSON.parse((await runCommand(addDeadLettersCommand, 'dead-letters', action, ...at)).stdout)
    }
    expect((await run('list')).left).toMatchObject([
      { kind: 'delivery', tenant: 'north', imageId: result.imageId, reason: 'worklist: http-422; 1 attempts' },
    ])
    receiver.answer = answering(204, '')
    expect((await run('redrive')).redriven).toHaveLength(1)
    await target.deliverNext()
    expect(receiver.received).toHaveLength(2)
    expect((await run('list')).left).toEqual([])
    expect(await target.depth()).toBe(0)
  })
})

describe('a parameter', () => {
  it('that does not exist is none', async () => {
    expect(await readParameter(cloud.clients.ssm, '/secrets/none')).toBeNull()
  })

  it('that names a secret of Secrets Manager is asked for by its name, through the Parameter Store', async () => {
    const asked: unknown[] = []
    const client = {
      send: async ({ input }: { input: unknown }) => {
        asked.push(input)
        return { Parameter: { Value: secret } }
      },
    }
    const arn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:pleura/worklist-AbC123'
    expect(await readParameter(client as never, arn)).toBe(secret)
    expect(asked).toEqual([{ Name: '/aws/reference/secretsmanager/pleura/worklist', WithDecryption: true }])
  })
})
