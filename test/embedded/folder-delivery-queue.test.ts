import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FolderDeliveryQueue } from '../../lib/adapters/embedded/folder-delivery-queue.ts'
import type { DeliveryMessage } from '../../lib/delivery/delivery-message.ts'
import { waitingMessage } from '../delivery/waiting-message.ts'

const message = waitingMessage('a')
const delivered = { outcome: 'delivered', code: null, at: '2026-01-01T00:00:01.000Z' } as const

async function create() {
  const folder = await mkdtemp(join(tmpdir(), 'pleura-deliveries-'))
  return { folder, queue: await FolderDeliveryQueue.open(folder) }
}

describe('a folder of deliveries', () => {
  it('holds a delivery once, also when several add it at a time', async () => {
    const { folder, queue } = await create()
    const other = await FolderDeliveryQueue.open(folder)
    const added = await Promise.all([queue, other, queue, other].map((one) => one.add(message)))
    expect(added.filter(Boolean)).toHaveLength(1)
    expect(await queue.waiting()).toEqual([message.key])
    expect(await queue.read(message.key)).toEqual(message)
  })

  it('keeps attempts over a restart', async () => {
    const { folder, queue } = await create()
    await queue.add(message)
    const tried = { ...message, attempts: 3, lastFailure: { at: message.queuedAt, reason: 'timeout' } }
    await queue.update(tried)
    expect(await (await FolderDeliveryQueue.open(folder)).read(message.key)).toEqual(tried)
  })

  it('takes nothing up again that came to its end', async () => {
    const { queue } = await create()
    await queue.add(message)
    await queue.settle(message, delivered)
    expect(await queue.waiting()).toEqual([])
    expect(await queue.add(message)).toBe(false)
  })

  it('keeps what was given up, with the reason, until it is sent again', async () => {
    const { queue } = await create()
    await queue.add(message)
    await queue.setAside(message, 'http-422', new Date('2026-01-02T00:00:00Z'))
    expect(await queue.add(message)).toBe(false)
    expect(await queue.deadCount()).toBe(1)
    expect(await queue.deadLetters()).toEqual([{ ...message, reason: 'http-422', diedAt: '2026-01-02T00:00:00.000Z' }])
    await queue.sendAgain(message)
    expect(await queue.deadLetters()).toEqual([])
    expect(await queue.read(message.key)).toEqual(message)
  })

  it('takes up again what was superseded before it was sent, once its result stands again', async () => {
    const { queue } = await create()
    await queue.add(message)
    await queue.settle(message, { ...delivered, outcome: 'superseded' })
    expect(await queue.waiting()).toEqual([])
    expect(await queue.add(message)).toBe(true)
  })

  it('sends again also what was delivered', async () => {
    const { queue } = await create()
    await queue.settle(message, delivered)
    await queue.sendAgain(message)
    expect(await queue.waiting()).toEqual([message.key])
    expect(await queue.read(message.key)).toEqual(message)
  })

  it('believes the later place where a kill left a delivery in two', async () => {
    const { queue } = await create()
    for (const [digit, end] of [
      ['b', (m: DeliveryMessage) => queue.settle(m, delivered)],
      ['c', (m: DeliveryMessage) => queue.setAside(m, 'too-old', new Date())],
    ] as const) {
      const left = waitingMessage(digit)
      await end(left)
      await queue.update(left)
      expect(await queue.waiting()).toEqual([left.key])
      expect(await queue.read(left.key)).toBeNull()
      expect(await queue.waiting()).toEqual([])
    }
  })

  it('drops what a power cut has torn, so that it is added anew', async () => {
    const { folder, queue } = await create()
    await writeFile(join(folder, 'waiting', `${message.key}.json`), '{"schemaVersion":1,"key"')
    expect(await queue.read(message.key)).toBeNull()
    expect(await queue.add(message)).toBe(true)
  })

  it('tells of a dead letter that cannot be read, and passes over strange files', async () => {
    const { folder, queue } = await create()
    await writeFile(join(folder, 'dead', `${message.key}.json`), 'torn')
    for (const place of ['dead', 'waiting']) await writeFile(join(folder, place, 'notes.txt'), '')
    expect(await queue.deadLetters()).toMatchObject([{ key: message.key, reason: 'unreadable-letter' }])
    expect(await queue.waiting()).toEqual([])
  })

  it('leaves no draft behind', async () => {
    const { folder, queue } = await create()
    await queue.add(message)
    await queue.add(message)
    await queue.settle(message, delivered)
    expect((await readdir(folder)).sort()).toEqual(['dead', 'done', 'waiting'])
  })
})
