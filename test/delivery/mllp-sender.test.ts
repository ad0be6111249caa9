import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMllpSender } from '../../lib/adapters/delivery/mllp-sender.ts'
import { deliveryTarget, type TargetOfKind } from '../../lib/delivery/delivery-config.ts'
import { addressMessage } from '../../lib/delivery/mllp/address-message.ts'
import type { Delivery, Sender } from '../../lib/delivery/sender.ts'
import { deliveryOf } from './stored-result.ts'

let server: Server
let received: string[]
let answer: (socket: Socket, message: string) => void
let target: TargetOfKind<'mllp'>
let sender: Sender
let delivery: Delivery

const controlIdIn = (message: string): string => message.split('\r')[0].split('|')[9]
const acknowledge =
  (code: string, changes: { id?: string } = {}) =>
  (socket: Socket, message: string) =>
    socket.write(`\x0bMSH|^~\\&|HIS|||||||ACK|1|P|2.5.1\rMSA|${code}|${changes.id ?? controlIdIn(message)}\r\x1c\r`)

beforeEach(async () => {
  received = []
  answer = acknowledge('AA')
  server = createServer((socket) => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8')
      if (!text.startsWith('\x0b') || !text.endsWith('\x1c\r')) return
      const message = text.slice(1, -2)
      received.push(message)
      answer(socket, message)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  target = deliveryTarget.parse({
    kind: 'mllp',
    name: 'his',
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    allowPrivateAddress: true,
    timeoutSeconds: 1,
    receivingApplication: 'HIS',
    receivingFacility: 'NORTH|WARD^1',
  }) as TargetOfKind<'mllp'>
  sender = createMllpSender(target)
  delivery = await deliveryOf(['oru.hl7'])
})
afterEach(() => {
  server.close()
})

describe('an MLLP target', () => {
  it('gets the stored message, addressed to it; twice is the same message', async () => {
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
    expect(received[1]).toBe(received[0])
    const stored = new TextDecoder().decode(delivery.documents.get('oru.hl7'))
    const [header, ...segments] = received[0].split('\r')
    expect(header.split('|').slice(0, 6)).toEqual(['MSH', '^~\\&', 'Pleura', 'Pleura', 'HIS', 'NORTH\\F\\WARD\\S\\1'])
    expect(segments).toEqual(stored.split('\r').slice(1))
    const fields = header.split('|')
    fields[4] = fields[5] = ''
    expect(fields.join('|')).toBe(stored.split('\r')[0])
  })

  it.each([
    ['CA', { kind: 'delivered' }],
    ['AR', { kind: 'refused', reason: 'acknowledged-AR' }],
    ['CR', { kind: 'refused', reason: 'acknowledged-CR' }],
    ['AE', { kind: 'unavailable', reason: 'acknowledged-AE', retryAfterMs: null }],
    ['??', { kind: 'unavailable', reason: 'answer-not-understood', retryAfterMs: null }],
  ])('that acknowledges with %s', async (code, outcome) => {
    answer = acknowledge(code)
    expect(await sender.send(delivery)).toEqual(outcome)
  })

  it('has not taken a message when it acknowledges another', async () => {
    answer = acknowledge('AA', { id: 'another' })
    expect(await sender.send(delivery)).toMatchObject({ kind: 'unavailable', reason: 'answer-of-another' })
    answer = acknowledge('AA', { id: '' })
    expect(await sender.send(delivery)).toMatchObject({ kind: 'unavailable', reason: 'answer-of-another' })
  })

  it('may answer in pieces', async () => {
    answer = (socket, message) => {
      const bytes = Buffer.from(`\x0bMSH|^~\\&|HIS\rMSA|AA|${controlIdIn(message)}\r\x1c\r`)
      for (const byte of bytes) socket.write(Buffer.of(byte))
    }
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
  })

  it.each([
    ['no acknowledgement', (socket: Socket) => socket.write('\x0bhello\x1c\r'), 'answer-not-understood'],
    ['nothing', () => {}, 'timeout'],
    ['the end of the connection', (socket: Socket) => socket.end(), 'connection-ECLOSED'],
    ['an endless answer', (socket: Socket) => socket.write(Buffer.alloc(2 * 1024 * 1024, 65)), 'answer-too-large'],
  ])('has not taken what it answers %s to', async (_, reply, reason) => {
    answer = reply
    expect(await sender.send(delivery)).toMatchObject({ kind: 'unavailable', reason })
  })

  it('is not reached where it may not be', async () => {
    for (const host of ['127.0.0.1', 'localhost', '127.1']) {
      const guarded = createMllpSender({ ...target, host, allowPrivateAddress: false })
      expect(await guarded.send(delivery)).toMatchObject({ kind: 'unavailable', reason: 'address-not-allowed' })
    }
    expect(received).toEqual([])
  })

  it('is sent no character that would end the block', () => {
    const message = addressMessage(Buffer.from('MSH|^~\\&|a|b|||||ORU|id\rPID|Doe\x1c\r\x0bx\r'), target)
    expect(message?.text).toMatch(/\rPID\|Doe\rx\r$/)
    expect(message?.controlId).toBe('id')
  })

  it.each(['', 'torn', 'MSH|^~\\&|no control ID\r'])('is not sent what is no message: %s', (text) => {
    expect(addressMessage(Buffer.from(text), target)).toBeNull()
  })
})
