import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStowSender } from '../../lib/adapters/delivery/stow-sender.ts'
import { identifyObject } from '../../lib/adapters/dicomweb/identify-object.ts'
import { readParts } from '../../lib/adapters/dicomweb/read-parts.ts'
import { buildStoreAnswer, statusOf } from '../../lib/adapters/dicomweb/store-answer.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { deliveryTarget, type TargetOfKind } from '../../lib/delivery/delivery-config.ts'
import type { Delivery, Sender } from '../../lib/delivery/sender.ts'
import { answering, type HttpReceiver, openHttpReceiver, type Received } from './http-receiver.ts'
import { deliveryOf } from './stored-result.ts'

const names = ['structured-report.dcm', 'segmentation.dcm', 'presentation-state.dcm']
let receiver: HttpReceiver
let sender: Sender
let delivery: Delivery
let stored: Map<string, Buffer>
/** Why an object is not stored; null where it is. By its number. */
let failureOf: (index: number) => number | null

/** Keeps what comes, and answers as our own listener does. */
async function store(request: Received): Promise<{ status: number; body: unknown }> {
  const boundary = /boundary=(\S+)/.exec(request.headers['content-type']!)![1]
  const outcomes: { identity: ReturnType<typeof identifyObject>; failure: number | null }[] = []
  for await (const { headers, body } of readParts(Readable.from([request.body]), boundary)) {
    expect(headers.get('content-type')).toBe('application/dicom')
    const chunks: Buffer[] = []
    for await (const chunk of body) chunks.push(chunk)
    const file = Buffer.concat(chunks)
    const identity = identifyObject(file)
    const failure = failureOf(outcomes.length)
    if (failure === null) stored.set(identity!.sopInstanceUid, file)
    outcomes.push({ identity, failure })
  }
  return { status: statusOf(outcomes), body: buildStoreAnswer(outcomes) }
}

beforeEach(async () => {
  stored = new Map()
  failureOf = () => null
  receiver = await openHttpReceiver((response, request) => {
    store(request).then(({ status, body }) => response.writeHead(status).end(JSON.stringify(body)))
  })
  const target = deliveryTarget.parse({
    kind: 'stow',
    name: 'archive',
    url: `${receiver.url}/dicom-web/`,
    allowPrivateAddress: true,
    timeoutSeconds: 2,
  }) as TargetOfKind<'stow'>
  sender = createStowSender(target, null, systemClock)
  delivery = await deliveryOf(names)
})
afterEach(async () => {
  await sender.close()
  await receiver.stop()
})

const uids = () => [...delivery.documents.values()].map((file) => identifyObject(Buffer.from(file))!.sopInstanceUid)
const referenced = (list: readonly string[]) => ({
  '00081199': { vr: 'SQ', Value: list.map((uid) => ({ '00081155': { vr: 'UI', Value: [uid] } })) },
})

describe('a STOW-RS target', () => {
  it('gets every object byte for byte; twice is the same objects', async () => {
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
    expect([...stored.values()].map((file) => file.toString('hex'))).toEqual(
      [...delivery.documents.values()].map((file) => Buffer.from(file).toString('hex')),
    )
    expect(receiver.received.map(({ path }) => path)).toEqual(['/dicom-web/studies', '/dicom-web/studies'])
  })

  it.each([
    [0xa700, 'unavailable', 'object-A700'],
    [0xc000, 'refused', 'object-C000'],
    [0x0122, 'refused', 'object-0122'],
  ])('that keeps all but one, for %i, has not taken the result', async (failure, kind, reason) => {
    failureOf = (index) => (index === 1 ? failure : null)
    expect(await sender.send(delivery)).toMatchObject({ kind, reason })
    failureOf = () => failure
    expect(await sender.send(delivery)).toMatchObject({ kind, reason })
  })

  it.each([0x0111, 45_070, 0xb000])('has what it says to have already, or with a warning: %i', async (status) => {
    failureOf = () => status
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
  })

  it('has not taken an object that it does not name, though it answers 200', async () => {
    receiver.answer = answering(200, referenced(uids().slice(1)))
    expect(await sender.send(delivery)).toEqual({ kind: 'refused', reason: 'object-not-named' })
    receiver.answer = answering(200, {})
    expect(await sender.send(delivery)).toEqual({ kind: 'refused', reason: 'object-not-named' })
  })

  it('may put its answer into a list', async () => {
    receiver.answer = answering(200, [referenced(uids())])
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
  })

  it.each([
    [200, '<xml/>', 'unavailable', 'answer-not-understood'],
    [204, '', 'unavailable', 'answer-not-understood'],
    [409, '', 'refused', 'http-409'],
    [400, '', 'refused', 'http-400'],
    [401, '', 'unavailable', 'http-401'],
    [503, '', 'unavailable', 'http-503'],
  ])('that answers %i %s: %s', async (status, body, kind, reason) => {
    receiver.answer = answering(status, body)
    expect(await sender.send(delivery)).toMatchObject({ kind, reason })
  })

  it('is sent nothing that is no DICOM object', async () => {
    const broken = { ...delivery, documents: new Map([['structured-report.dcm', Buffer.from('torn')]]) }
    expect(await sender.send(broken)).toEqual({ kind: 'refused', reason: 'not-a-message' })
    expect(receiver.received).toEqual([])
  })
})
