import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWebhookSender } from '../../lib/adapters/delivery/webhook-sender.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { deliveryTarget, type TargetOfKind } from '../../lib/delivery/delivery-config.ts'
import type { Delivery, Sender } from '../../lib/delivery/sender.ts'
import { parseWebhookSecret } from '../../lib/delivery/webhook/sign-webhook.ts'
import { webhookBody } from '../../lib/delivery/webhook/webhook-body.ts'
import { type HttpReceiver, openHttpReceiver } from './http-receiver.ts'
import { storeResult } from './stored-result.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
let receiver: HttpReceiver
let sender: Sender
let delivery: Delivery

const open = (url: string, changes: object = {}): Sender => {
  const target = deliveryTarget.parse({
    kind: 'webhook',
    name: 'worklist',
    url,
    secretFile: 'secret',
    allowPrivateAddress: true,
    timeoutSeconds: 1,
    ...changes,
  }) as TargetOfKind<'webhook'>
  return createWebhookSender(target, parseWebhookSecret(secret)!, systemClock)
}

beforeEach(async () => {
  receiver = await openHttpReceiver()
  sender = open(`${receiver.url}/hook`)
  const result = await storeResult(await mkdtemp(join(tmpdir(), 'pleura-webhook-')))
  const at = { lane: 'routine' as const, resultKey: `${result.imageId}/result.json` }
  delivery = { key: 'f'.repeat(32), tenant: 'clinic', result, ...at, documents: new Map(), study: null }
})
afterEach(async () => {
  await sender.close()
  await receiver.stop()
})

describe('a webhook', () => {
  it('posts the event in the envelope of Standard Webhooks, signed and under its key', async () => {
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
    const [{ path, headers, body }] = receiver.received
    expect(path).toBe('/hook')
    expect(headers).toMatchObject({ 'webhook-id': delivery.key, 'content-type': 'application/json' })
    const told = webhookBody.parse(new Webhook(secret).verify(body, headers as Record<string, string>))
    expect(told).toMatchObject({
      type: 'finding.ready',
      timestamp: '2026-01-02T03:04:05.000Z',
      data: { tenant: 'clinic', imageId: delivery.result.imageId, outcome: 'suspected', reason: null },
    })
    expect(body.toString()).not.toMatch(/P-1|A1|2\.25/)
  })

  it('sends the same id and body in every attempt', async () => {
    await sender.send(delivery)
    await sender.send(delivery)
    const [first, second] = receiver.received
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id'])
    expect(second.body.equals(first.body)).toBe(true)
  })

  it('sends on when the receiver closes each connection behind its answer', async () => {
    receiver.answer = (response) => {
      response.writeHead(200).end()
      setImmediate(() => response.socket?.destroy())
    }
    for (let time = 0; time < 20; time++) expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
  })

  it('does not follow a redirect', async () => {
    const elsewhere = await openHttpReceiver()
    receiver.answer = (response) => response.writeHead(307, { location: elsewhere.url }).end()
    expect(await sender.send(delivery)).toMatchObject({ kind: 'unavailable', reason: 'redirect-307' })
    expect(elsewhere.received).toEqual([])
    await elsewhere.stop()
  })

  it('reads no more of an endless answer than it needs, and believes its status', async () => {
    let isOpen = true
    receiver.answer = (response) => {
      response.on('close', () => {
        isOpen = false
      })
      response.writeHead(200)
      const more = () => {
        while (isOpen && response.write(Buffer.alloc(65_536)));
        if (isOpen) response.once('drain', more)
      }
      more()
    }
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
    await expect.poll(() => isOpen).toBe(false)
  })

  it.each([
    ['never answers', () => {}],
    [
      'answers a byte at a time',
      (response) => {
        response.writeHead(200)
        const drip = setInterval(() => response.write('.'), 50)
        response.on('close', () => clearInterval(drip))
      },
    ],
  ] as [string, HttpReceiver['answer']][])('gives up waiting for a receiver that %s', async (_, answer) => {
    receiver.answer = answer
    expect(await sender.send(delivery)).toEqual({ kind: 'unavailable', reason: 'timeout', retryAfterMs: null })
  })

  it('says that nobody listens', async () => {
    await receiver.stop()
    expect(await sender.send(delivery)).toMatchObject({ kind: 'unavailable', reason: 'connection-ECONNREFUSED' })
  })

  it.each([
    ['what is no HTTP', 'hello\r\n\r\n'],
    ['half an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['nothing', ''],
  ])('takes %s for no delivery', async (_, text) => {
    const odd = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(text))
    })
    await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve))
    const other = open(`http://127.0.0.1:${(odd.address() as { port: number }).port}`)
    expect(await other.send(delivery)).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringMatching(/^connection-/),
    })
    await other.close()
    odd.close()
  })

  it.each(['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]'])(
    'does not reach this machine by the host %s unless the target allows it',
    async (host) => {
      const guarded = open(`http://${host}:${receiver.port}/hook`, { allowPrivateAddress: false })
      expect(await guarded.send(delivery)).toMatchObject({ kind: 'unavailable', reason: 'address-not-allowed' })
      expect(receiver.received).toEqual([])
      await guarded.close()
    },
  )
})
