import type { Bundle } from 'fhir/r4.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFhirSender } from '../../lib/adapters/delivery/fhir-sender.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { deliveryTarget, type TargetOfKind } from '../../lib/delivery/delivery-config.ts'
import type { Delivery, Sender } from '../../lib/delivery/sender.ts'
import { answering, type HttpReceiver, openHttpReceiver } from './http-receiver.ts'
import { deliveryOf } from './stored-result.ts'

let receiver: HttpReceiver
let sender: Sender
let delivery: Delivery

beforeEach(async () => {
  receiver = await openHttpReceiver()
  const target = deliveryTarget.parse({
    kind: 'fhir',
    name: 'ehr',
    url: `${receiver.url}/fhir`,
    allowPrivateAddress: true,
    timeoutSeconds: 2,
  }) as TargetOfKind<'fhir'>
  sender = createFhirSender(target, 'Bearer token', systemClock)
  delivery = await deliveryOf(['fhir.json'])
})
afterEach(async () => {
  await sender.close()
  await receiver.stop()
})

const transactionResponse = (...statuses: string[]) => ({
  resourceType: 'Bundle',
  type: 'transaction-response',
  entry: statuses.map((status) => ({ response: { status } })),
})
const entries = () => JSON.parse(new TextDecoder().decode(delivery.documents.get('fhir.json'))).entry.length as number
const allCreated = () => Array<string>(entries()).fill('201 Created')

describe('a FHIR target', () => {
  it('is posted the stored transaction; a second post creates nothing', async () => {
    const resources = new Map<string, string>()
    let created = 0
    receiver.answer = (response, { body }) => {
      const { entry = [] }: Bundle = JSON.parse(body.toString())
      const statuses = entry.map(({ request, fullUrl }) => {
        const name = `${request!.url}?${request!.ifNoneExist}`
        if (request!.ifNoneExist && resources.has(name)) return '200 OK'
        created++
        resources.set(name, fullUrl!)
        return '201 Created'
      })
      answering(200, transactionResponse(...statuses))(response, receiver.received.at(-1)!)
    }
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
    expect(created).toBe(entries())
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
    expect(created).toBe(entries())
    expect(receiver.received.map(({ path }) => path)).toEqual(['/fhir', '/fhir'])
    expect(receiver.received[0].body.equals(Buffer.from(delivery.documents.get('fhir.json')!))).toBe(true)
    expect(receiver.received[0].headers).toMatchObject({
      'content-type': 'application/fhir+json',
      authorization: 'Bearer token',
    })
  })

  it.each([
    ['422 Unprocessable Entity', 'refused', 'entry-422'],
    ['412', 'refused', 'entry-412'],
    ['500', 'unavailable', 'entry-500'],
    ['none', 'unavailable', 'entry-0'],
  ])('has not taken a transaction of which it answers an entry with %s', async (status, kind, reason) => {
    receiver.answer = answering(200, transactionResponse(...allCreated().slice(1), status))
    expect(await sender.send(delivery)).toMatchObject({ kind, reason })
  })

  it.each([
    ['a page to sign in', '<html>Sign in</html>'],
    ['nothing', ''],
    ['an OperationOutcome', { resourceType: 'OperationOutcome', issue: [] }],
    ['fewer entries', transactionResponse('201 Created')],
    ['entries without a status', { resourceType: 'Bundle', entry: [{}] }],
  ])('has not taken what it answers 200 and %s to', async (_, body) => {
    receiver.answer = answering(200, body)
    expect(await sender.send(delivery)).toMatchObject({ kind: 'unavailable', reason: 'answer-not-understood' })
  })

  it('has not taken what it answers more to than is read', async () => {
    receiver.answer = answering(200, ' '.repeat(5 * 1024 * 1024))
    expect(await sender.send(delivery)).toMatchObject({ kind: 'unavailable', reason: 'answer-too-large' })
  })

  it.each([
    [400, 'refused'],
    [412, 'refused'],
    [422, 'refused'],
    [401, 'unavailable'],
    [409, 'unavailable'],
    [503, 'unavailable'],
  ])('that answers %i: %s', async (status, kind) => {
    receiver.answer = answering(status, { resourceType: 'OperationOutcome', issue: [] })
    expect(await sender.send(delivery)).toMatchObject({ kind, reason: `http-${status}` })
  })
})
