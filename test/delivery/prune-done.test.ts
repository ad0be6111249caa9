import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { FolderDeliveryQueue, settledParts } from '../../lib/adapters/embedded/folder-delivery-queue.ts'
import { deliveryTarget } from '../../lib/delivery/delivery-config.ts'
import { buildDeliveryMessage } from '../../lib/delivery/delivery-message.ts'
import { idempotencyKeyOf } from '../../lib/delivery/idempotency-key.ts'
import { pruneDone } from '../../lib/embedded/deliver/prune-done.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { storeResult } from './stored-result.ts'

const target = deliveryTarget.parse({ kind: 'webhook', name: 'worklist', url: 'https://x.org', secretFile: 's' })
const dayMs = 86_400_000
const deliveredAt = new Date('2026-01-01T00:00:00Z')

let outDir: string
let queue: FolderDeliveryQueue
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'pleura-prune-'))
  queue = await FolderDeliveryQueue.open(join(outDir, '.deliver/queues/worklist'))
})

const messageOf = (result: ResultDocument) => buildDeliveryMessage('clinic', target, result, deliveredAt)

async function deliver(result: ResultDocument) {
  const message = messageOf(result)
  await queue.add(message)
  await queue.settle(message, { outcome: 'delivered', code: null, at: deliveredAt.toISOString() })
  return message
}

async function prune(days: number): Promise<number> {
  const keyOf = (result: ResultDocument) => idempotencyKeyOf('clinic', target, result)
  const options = { outDir, keyOf, nowMs: deliveredAt.getTime() + days * dayMs }
  let forgotten = 0
  for (let part = 0; part < settledParts; part++) forgotten += await pruneDone(queue, part, options)
  return forgotten
}

describe('what was delivered', () => {
  it('is not forgotten, however old, as long as its result stands: nothing is sent twice', async () => {
    const result = await storeResult(outDir, { name: 'stands' })
    await deliver(result)
    expect(await prune(5000)).toBe(0)
    expect(await queue.add(messageOf(result))).toBe(false)
  })

  it('is forgotten once its image is gone, and not within a month', async () => {
    const result = await storeResult(outDir)
    await deliver(result)
    await rm(join(outDir, result.imageId), { recursive: true })
    expect(await prune(29)).toBe(0)
    expect(await prune(31)).toBe(1)
    expect(await prune(31)).toBe(0)
  })

  it('is forgotten once another result stands in its place, which stays known', async () => {
    const older = await storeResult(outDir)
    await deliver(older)
    const newer = await storeResult(outDir, { screeningKey: 'd'.repeat(64) })
    await deliver(newer)
    expect(await prune(31)).toBe(1)
    expect(await queue.add(messageOf(newer))).toBe(false)
  })

  it.each([
    ['is being screened anew', null],
    ['has a result that cannot be read, of a later version perhaps', '{"schemaVersion":9}'],
  ])('is not forgotten while its image %s', async (_, text) => {
    const result = await storeResult(outDir)
    await deliver(result)
    const file = join(outDir, result.imageId, 'result.json')
    await (text === null ? rm(file) : writeFile(file, text))
    expect(await prune(31)).toBe(0)
    await storeResult(outDir)
    expect(await queue.add(messageOf(result))).toBe(false)
  })

  it('is not forgotten where its note cannot be read, nor is what else lies there', async () => {
    const { key } = await deliver(await storeResult(outDir))
    const part = join(outDir, '.deliver/queues/worklist/done', key.slice(0, 2))
    await rm(join(outDir, (await readdir(outDir)).find((name) => /^[0-9a-f]{32}$/.test(name))!), { recursive: true })
    await writeFile(join(part, `${key}.json`), '{"key":')
    await writeFile(join(part, 'notes.txt'), 'mine')
    await mkdir(join(part, `${'0'.repeat(32)}`))
    expect(await prune(31)).toBe(0)
    expect((await readdir(part)).sort()).toEqual(['0'.repeat(32), `${key}.json`, 'notes.txt'].sort())
  })

  it('leaves what waits and what was given up', async () => {
    const gone = messageOf(await storeResult(outDir, { name: 'gone' }))
    const given = messageOf(await storeResult(outDir, { name: 'given up' }))
    await queue.add(gone)
    await queue.add(given)
    await queue.setAside(given, 'http-422', deliveredAt)
    for (const { imageId } of [gone, given]) await rm(join(outDir, imageId), { recursive: true })
    expect(await prune(31)).toBe(0)
    expect(await queue.waiting()).toEqual([gone.key])
    expect(await queue.deadCount()).toBe(1)
  })
})
