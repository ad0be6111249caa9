import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { type DeliveryTarget, deliveryTarget } from '../../lib/delivery/delivery-config.ts'
import { buildDeliveryMessage } from '../../lib/delivery/delivery-message.ts'
import { type DeliveryOutcome, delivered, refused, unavailable } from '../../lib/delivery/delivery-outcome.ts'
import type { Delivery } from '../../lib/delivery/sender.ts'
import { Courier, type DeliveryReport } from '../../lib/embedded/deliver/courier.ts'
import { loadDelivery } from '../../lib/embedded/deliver/load-delivery.ts'
import type { ScreeningMode } from '../../lib/screening/kernel/screening-mode.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { MemoryDeliveryQueue, MemoryObjectStore } from './memory-stores.ts'
import { flagOnly, notAnalysed, notSuspected, type StoredOptions, storeResultIn } from './stored-result.ts'

/* A courier with a sender that answers as it is told. Time is the test's, so that hours pass at once. */

const target: DeliveryTarget = deliveryTarget.parse({
  kind: 'webhook',
  name: 'worklist',
  url: 'https://example.org',
  secretFile: 'secret',
})
let store: MemoryObjectStore
let queue: MemoryDeliveryQueue
let answer: (delivery: Delivery) => DeliveryOutcome | Promise<DeliveryOutcome>
let sent: Delivery[]
let reports: DeliveryReport[]
let mode: ScreeningMode
let deidentified: boolean
const couriers: { courier: Courier; ended: Promise<void> }[] = []

const messageOf = (result: ResultDocument) =>
  buildDeliveryMessage('clinic', target, result, new Date(systemClock.now()))

async function start(): Promise<Courier> {
  const courier = new Courier({
    target,
    queue,
    sender: {
      concurrency: 4,
      async send(delivery) {
        sent.push(delivery)
        return answer(delivery)
      },
      async close() {},
    },
    load: (message) => loadDelivery(store, { tenant: 'clinic', mode, deidentified }, target, message),
    async enqueue(result) {
      const message = messageOf(result)
      if (queue.add(message)) courier.offer(message)
    },
    clock: systemClock,
    random: () => 1,
    log() {},
    onSettled: (report) => reports.push(report),
  })
  await courier.lookForMore()
  couriers.push({ courier, ended: courier.run() })
  return courier
}

async function add(options: StoredOptions = {}): Promise<ResultDocument> {
  const result = await storeResultIn(store, options)
  queue.add(messageOf(result))
  vi.setSystemTime(systemClock.now() + 1)
  return result
}

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000)
/** Until it is true, or an hour has passed. */
async function until(isSo: () => boolean): Promise<void> {
  for (let second = 0; !isSo(); second++) {
    if (second > 3600) throw new Error('it never came to that')
    await pass(1)
  }
}
const outcomes = () => reports.map(({ outcome, reason }) => [outcome, reason])

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: new Date('2026-01-05T00:00:00Z') })
  store = new MemoryObjectStore()
  queue = new MemoryDeliveryQueue()
  answer = () => delivered
  sent = []
  reports = []
  mode = 'full'
  deidentified = false
})
afterEach(async () => {
  for (const { courier, ended } of couriers.splice(0)) {
    courier.stop()
    await ended
  }
  vi.useRealTimers()
})

describe('a courier', () => {
  it('makes each delivery once, suspected first', async () => {
    await add({ name: 'healthy', finding: notSuspected })
    const unknown = await add({ name: 'unknown', finding: notAnalysed, prepared: null })
    const urgent = await add({ name: 'urgent' })
    await start()
    await until(() => reports.length === 3)
    expect(sent.slice(0, 2).map(({ result }) => result.imageId)).toEqual([urgent.imageId, unknown.imageId])
    await (await start()).lookForMore()
    await pass(5)
    expect(sent).toHaveLength(3)
  })

  it('loses nothing while its target is down for three days, asks it rarely, and then delivers all', async () => {
    for (let image = 0; image < 20; image++) await add({ name: `image ${image}` })
    answer = () => unavailable('connection-ECONNREFUSED')
    await start()
    await pass(3 * 24 * 3600)
    expect(reports).toEqual([])
    // One probe in five minutes, and the first steps up to there.
    expect(sent.length).toBeGreaterThan(3 * 24 * 12 - 20)
    expect(sent.length).toBeLessThan(3 * 24 * 12 + 20)
    answer = () => delivered
    await until(() => reports.length === 20)
    expect(new Set(reports.map(({ imageId }) => imageId)).size).toBe(20)
    expect(queue.messages.size).toBe(0)
  })

  it('is not held up by one delivery that its target fails over, and gives that one up', async () => {
    const poison = await add({ name: 'poison' })
    answer = ({ result }) => (result.imageId === poison.imageId ? unavailable('http-500') : delivered)
    const courier = await start()
    for (let image = 0; reports.every(({ outcome }) => outcome !== 'dead'); image++) {
      courier.offer(messageOf(await add({ name: `image ${image}` })))
      await pass(60)
      if (image > 100) throw new Error('it was never given up')
    }
    expect(reports.filter(({ outcome }) => outcome === 'dead')).toMatchObject([
      { imageId: poison.imageId, reason: 'failed-while-others-were-taken' },
    ])
    expect([...queue.dead.values()]).toMatchObject([{ heldAgainst: 10, lastFailure: { reason: 'http-500' } }])
    expect(reports.filter(({ outcome }) => outcome === 'delivered').length).toBeGreaterThan(9)
  })

  it('sets aside what is refused, with the reason, and goes on', async () => {
    const bad = await add({ name: 'bad' })
    await add({ name: 'good' })
    answer = ({ result }) => (result.imageId === bad.imageId ? refused('http-422') : delivered)
    await start()
    await until(() => reports.length === 2)
    expect(outcomes()).toContainEqual(['dead', 'http-422'])
    expect(outcomes()).toContainEqual(['delivered', null])
    expect([...queue.dead.values()]).toMatchObject([{ imageId: bad.imageId, reason: 'http-422', attempts: 1 }])
  })

  it('waits as long as its target asks for', async () => {
    await add()
    answer = () => unavailable('http-429', 600_000)
    await start()
    await until(() => sent.length === 1)
    answer = () => delivered
    await pass(590)
    expect(sent).toHaveLength(1)
    await pass(15)
    await until(() => reports.length === 1)
  })

  it('sends the result that stands in place of one that it has replaced', async () => {
    answer = () => unavailable('timeout')
    await add()
    await start()
    await until(() => sent.length === 1)
    const newer = await storeResultIn(store, { screeningKey: 'd'.repeat(64) })
    answer = () => delivered
    await pass(10)
    await until(() => reports.length === 2)
    expect(outcomes().sort()).toEqual([
      ['delivered', null],
      ['superseded', null],
    ])
    expect(sent.at(-1)?.result.screeningKey).toBe(newer.screeningKey)
    expect(sent.filter(({ result }) => result.screeningKey !== newer.screeningKey)).toHaveLength(1)
  })

  it('waits for a result that is being written, and gives up one that is gone', async () => {
    const result = await add()
    const bytes = await store.get(`${result.imageId}/result.json`)
    await store.delete(`${result.imageId}/result.json`)
    await start()
    await pass(3)
    expect(reports).toEqual([])
    await store.put(`${result.imageId}/result.json`, bytes)
    await pass(10)
    await until(() => reports.length === 1)
    const gone = await add({ name: 'gone' })
    await store.delete(`${gone.imageId}/result.json`)
    await couriers[0].courier.lookForMore()
    while (reports.length < 2) await pass(60)
    expect(outcomes()).toEqual([
      ['delivered', null],
      ['dead', 'result-missing'],
    ])
  })

  it('gives up a result that is no result', async () => {
    const { imageId } = await add()
    await store.put(`${imageId}/result.json`, Buffer.from('{"schemaVersion":1}'))
    await start()
    await until(() => reports.length === 1)
    expect(outcomes()).toEqual([['dead', 'unreadable-result']])
    expect(sent).toEqual([])
  })

  it('tells a triage tenant no result of before, of which the segmenter was part', async () => {
    mode = 'triage'
    await add({ name: 'before' })
    await add({ name: 'before, healthy', finding: notSuspected })
    await add({ name: 'before, unknown', finding: notAnalysed, prepared: null })
    await add({ name: 'since', ...flagOnly })
    await start()
    await until(() => reports.length === 4)
    expect([...queue.dead.values()]).toMatchObject([{ reason: 'says-where' }])
    expect(sent.map(({ result }) => result.segmentation)).toEqual([null, null, null])
  })

  it('tells targets of de-identified results no other, also of before', async () => {
    deidentified = true
    await add({ name: 'before' })
    await add({ name: 'before, unknown', finding: notAnalysed, prepared: null })
    await add({ name: 'since', deidentification: { burnedInAnnotation: 'NO' } })
    await start()
    await until(() => reports.length === 3)
    expect([...queue.dead.values()]).toMatchObject([{ reason: 'names-patient' }, { reason: 'names-patient' }])
    expect(sent.map(({ result }) => result.deidentification?.burnedInAnnotation)).toEqual(['NO'])
  })

  it('sets aside what a defect of ours keeps from being sent', async () => {
    await add()
    answer = () => {
      throw new Error('a defect')
    }
    await start()
    await until(() => reports.length === 1)
    expect(outcomes()).toEqual([['dead', 'defect']])
  })

  it('tries everything once and ends, where it is to; of a target that is down it tries little', async () => {
    for (let image = 0; image < 10; image++) await add({ name: `image ${image}` })
    answer = () => unavailable('timeout')
    const first = await start()
    first.endsBy('when-tried')
    await couriers[0].ended
    expect(sent.length).toBeLessThan(8)
    answer = () => delivered
    const second = await start()
    second.endsBy('when-tried')
    await couriers[1].ended
    expect(queue.messages.size).toBe(0)
    expect(reports).toHaveLength(10)
  })
})
