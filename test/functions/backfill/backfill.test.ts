import { beforeEach, describe, expect, it } from 'vitest'
import type { CopyImage } from '../../../functions/backfill/copy-image.ts'
import { ArchiveDeniedError, feed } from '../../../functions/backfill/feed.ts'
import { createHandler } from '../../../functions/backfill/handler.ts'
import type { ListedObject } from '../../../lib/operations/backfill/list-archive.ts'
import { planCloudBackfill, readCloudPlan, readOrder } from '../../../lib/operations/backfill/plan-cloud-backfill.ts'
import { reportCloudBackfill, type Unanalysed } from '../../../lib/operations/backfill/report-cloud-backfill.ts'
import { backfillKeys, encodeDocument, linesPerPart } from '../../../lib/screening/backfill/cloud-backfill.ts'
import { studyKeys, uploadIdOf } from '../../../lib/screening/screening-job/study-keys.ts'
import { MemoryObjectStore } from '../../delivery/memory-stores.ts'
import { notAnalysed, notSuspected, storeCloudResult } from '../../delivery/stored-result.ts'

const about = { tenant: 'north', name: 'old', source: 's3://archive/', plannedAt: '2026-11-28T00:00:00Z' }
const at = ['north', 'old'] as const

let store: MemoryObjectStore
let copied: string[]
let waiting: number
let copyImage: CopyImage
beforeEach(() => {
  store = new MemoryObjectStore()
  copied = []
  waiting = 0
  copyImage = async ({ key }, to) => {
    copied.push(key)
    return { version: `v-${to}` }
  }
})

async function* archive(count: number): AsyncIterable<ListedObject> {
  for (let n = 0; n < count; n++) yield { bucket: 'archive', key: `${n}.dcm`, sizeBytes: 10 }
}
const order = (changes: object = {}) =>
  store.put(
    backfillKeys.open(...at),
    encodeDocument({ schemaVersion: 1, tenant: 'north', name: 'old', paused: false, maximumImages: null, ...changes }),
  )
const parts = (atATime = 4) => ({
  store,
  queues: [{ depth: async () => waiting }, { depth: async () => 0 }],
  copyImage: (...of: Parameters<CopyImage>) => copyImage(...of),
  clock: { now: () => 0 },
  atATime,
})
const report = async () => {
  const told: Unanalysed[] = []
  const summary = await reportCloudBackfill(store, (await readCloudPlan(store, ...at))!, (one) => {
    told.push(one)
  })
  return { ...summary, told }
}
/** Until nothing is to be fed. */
async function feedAll(atATime?: number): Promise<number> {
  let fed = 0
  for (let now = await feed(parts(atATime)); now !== null; now = await feed(parts(atATime))) fed += now
  return fed
}

describe('an archive', () => {
  it('is fed once, line by line, over the end of a part, and is closed then', async () => {
    const entries = linesPerPart + 3
    expect(await planCloudBackfill(store, about, archive(entries))).toMatchObject({ entries, sizeBytes: 10 * entries })
    expect(await feed(parts())).toBeNull()
    await order()
    expect(await feedAll(999)).toBe(entries)
    expect(copied).toHaveLength(entries)
    expect(new Set(copied).size).toBe(entries)
    expect(await readOrder(store, ...at)).toBeNull()
  })

  it('gives way: nothing is fed while as many images of anybody are on their way', async () => {
    await planCloudBackfill(store, about, archive(20))
    await order()
    waiting = 4
    expect(await feed(parts())).toBe(0)
    waiting = 3
    expect(await feed(parts())).toBe(1)
    waiting = 0
    expect(await feed(parts())).toBe(4)
  })

  it('stops while it is paused and at its budget, and goes on from there', async () => {
    await planCloudBackfill(store, about, archive(10))
    await order({ maximumImages: 6 })
    expect(await feedAll()).toBe(6)
    expect(await report()).toMatchObject({ state: 'budget', fed: 6 })
    await order({ paused: true })
    expect(await feedAll()).toBe(0)
    expect(await report()).toMatchObject({ state: 'paused' })
    await order()
    expect(await feedAll()).toBe(4)
    expect(copied).toEqual(Array.from({ length: 10 }, (_, n) => `${n}.dcm`))
  })

  it('loses nothing where the function ends at any point: what was not noted is fed again', async () => {
    await planCloudBackfill(store, about, archive(10))
    await order()
    const { put } = store
    for (const broken of ['copy', '/fed/', 'progress.json']) {
      copyImage = async (from, to) => {
        if (broken === 'copy' && copied.length % 5 === 2) throw new Error('killed')
        copied.push(from.key)
        return { version: `v-${to}` }
      }
      store.put = async (key, ...rest) => {
        if (key.includes(broken)) throw new Error('killed')
        return put.call(store, key, ...rest)
      }
      if (broken === 'copy') copied.push('a', 'b')
      await expect(feed(parts())).rejects.toThrow('killed')
    }
    store.put = put
    copyImage = async ({ key }, to) => ({ version: `v-${to}-${key}` })
    await feedAll()
    expect(await report()).toMatchObject({ state: 'fed', fed: 10, withoutResult: 10 })
    expect((await report()).told.map(({ key }) => key)).toEqual(Array.from({ length: 10 }, (_, n) => `${n}.dcm`))
  })

  it('is not run through where none of it may be read', async () => {
    await planCloudBackfill(store, about, archive(50))
    await order()
    copyImage = async () => ({ problem: 'access-denied' })
    await expect(feed(parts(32))).rejects.toThrow(ArchiveDeniedError)
    expect(await report()).toMatchObject({ fed: 0 })
  })

  it('after another one is fed when that one is paused or through', async () => {
    await planCloudBackfill(store, about, archive(2))
    await planCloudBackfill(store, { ...about, name: 'older' }, archive(3))
    await order({ paused: true })
    await store.put(
      backfillKeys.open('north', 'older'),
      encodeDocument({ schemaVersion: 1, tenant: 'north', name: 'older', paused: false, maximumImages: null }),
    )
    expect(await feedAll()).toBe(3)
  })
})

describe('the report', () => {
  it('names each object without a finding, with its reason', async () => {
    await planCloudBackfill(store, about, archive(5))
    await order()
    copyImage = async ({ key }, to) => (key === '4.dcm' ? { problem: 'archived' } : { version: `v-${to}` })
    await feedAll()
    for (const [line, finding] of [
      [0, undefined],
      [1, notSuspected],
      [2, notAnalysed],
    ] as const) {
      const { result, resultKey } = await storeCloudResult(store, 'north', {
        name: String(line),
        ...(finding ? { finding } : {}),
      })
      const key = backfillKeys.upload(...at, line)
      const uploadId = uploadIdOf(key, `v-${key}`)
      const receipt = {
        schemaVersion: 1,
        uploadId,
        tenant: 'north',
        key,
        imageId: result.imageId,
        outcome: 'queued',
        duplicate: false,
        lane: 'routine',
        results: `results/north/${result.imageId}/`,
        resultKey,
        receivedAt: '2026-11-28T00:00:00Z',
      }
      await store.put(studyKeys.uploadReceipt('north', uploadId), encodeDocument(receipt))
    }
    const { told, ...summary } = await report()
    expect(summary).toEqual({
      name: 'old',
      state: 'fed',
      entries: 5,
      fed: 5,
      suspected: 1,
      notSuspected: 1,
      notAnalysed: { 'lateral-view': 1, archived: 1 },
      withoutResult: 1,
    })
    expect(told).toEqual([
      { bucket: 'archive', key: '2.dcm', reason: 'lateral-view' },
      { bucket: 'archive', key: '3.dcm', reason: 'no-result-yet' },
      { bucket: 'archive', key: '4.dcm', reason: 'archived' },
    ])
  })
})

describe('the function', () => {
  it('tops up every ten seconds for as long as its time allows, and ends at once where nothing is to do', async () => {
    await planCloudBackfill(store, about, archive(100))
    let leftMs = 60_000
    const sleeps: number[] = []
    const handler = createHandler({
      ...parts(),
      sleep: async (ms) => {
        sleeps.push(ms)
        leftMs -= ms
      },
      telemetry: { log: () => {} },
    })
    expect(await handler({}, { getRemainingTimeInMillis: () => leftMs })).toBe(0)
    expect(sleeps).toEqual([])
    await order()
    expect(await handler({}, { getRemainingTimeInMillis: () => leftMs })).toBe(20)
    expect(sleeps).toEqual(Array(4).fill(10_000))
  })
})
