import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createBatchingSession } from '../../../lib/adapters/onnx/create-batching-session.ts'
import { TransientError } from '../../../lib/screening/kernel/errors.ts'
import type { JobQueue, ObjectStore } from '../../../lib/screening/kernel/ports.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import { usageReceipt } from '../../../lib/screening/usage/usage-receipt.ts'
import { imageIdOfNumber, openClinic, preparation, withSlowClassifier } from './open-clinic.ts'

const [first, second] = [imageIdOfNumber(1), imageIdOfNumber(2)]
const peek = { visibilityMs: 60_000, waitMs: 0 }

describe('a job', () => {
  it('becomes a result with pictures, a usage receipt and an event, and leaves the queue', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first)
    await clinic.prepare(second, { bright: false })
    await clinic.send('north', first)
    await clinic.send('north', second, 'stat')
    await clinic.work()

    const results = await clinic.results()
    expect(results.map(({ imageId, outcome }) => [imageId, outcome])).toEqual([
      [first, 'suspected'],
      [second, 'not-suspected'],
    ])
    const prefix = studyKeys.resultPrefix('north', first, results[0].screeningKey)
    expect(await clinic.keysBelow(`results/north/${first}/`)).toEqual(
      ['mask.png', 'overlay.png', 'result.json'].map((name) => `${prefix}${name}`),
    )
    expect(await clinic.keysBelow(`results/north/${second}/`)).toHaveLength(1)

    const receipts = await Promise.all((await clinic.keysBelow('usage/')).map((key) => clinic.textOf(key)))
    const [receipt, other] = receipts.map((text) => usageReceipt.parse(JSON.parse(text)))
    expect(receipt).toMatchObject({
      tenant: 'north',
      imageId: first,
      outcome: 'suspected',
      lane: 'routine',
      screeningKey: results[0].screeningKey,
      analysedAt: results[0].analysedAt,
      timingsMs: results[0].timingsMs,
    })
    expect([receipt.cold, other.cold].sort()).toEqual([false, true])
    const busyMs = (receipt.timingsMs.machine ?? 0) + (receipt.timingsMs.coldStart ?? 0)
    expect(receipt.estimatedCostUsd).toBeCloseTo((3.6 * busyMs) / 3_600_000, 9)

    expect(
      clinic.events.map(([type, { imageId, lane, resultKey }]) => [type, imageId, lane, resultKey]),
    ).toContainEqual(['Finding Ready', first, 'routine', `${prefix}result.json`])
    expect(clinic.events).toHaveLength(2)
    expect((await clinic.queues.routine.depth()) + (await clinic.queues.stat.depth())).toBe(0)
  })

  it('of a tenant without mask delivery leaves the document alone', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first, { tenant: 'plain' })
    await clinic.send('plain', first)
    await clinic.work()
    expect(await clinic.results()).toMatchObject([{ outcome: 'suspected', segmentation: { mask: null } }])
    expect(await clinic.keysBelow('results/')).toHaveLength(1)
  })

  it('of a tenant without mask delivery has none either where the documents name it, and has the others', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first, { tenant: 'contradictory' })
    await clinic.send('contradictory', first)
    await clinic.work()
    const [result] = await clinic.results()
    expect(result).toMatchObject({
      segmentation: { mask: null },
      requestedDocuments: ['heat-map'],
      documents: ['heat-map.png'],
    })
    const names = (await clinic.keysBelow('results/')).map((key) => key.split('/').at(-1))
    expect(names.sort()).toEqual(['heat-map.png', 'result.json'])
  })

  it("is held against its tenant's operating point, under a screening key of its own", async () => {
    const clinic = await openClinic()
    for (const tenant of ['north', 'keen']) {
      await clinic.prepare(first, { tenant, bright: false })
      await clinic.send(tenant, first)
    }
    await clinic.work()
    const results = await clinic.results()
    expect(results.map(({ outcome, classification }) => [outcome, classification?.operatingPoint.id])).toEqual([
      ['suspected', 'everything'],
      ['not-suspected', 'balanced'],
    ])
    expect(new Set(results.map(({ screeningKey }) => screeningKey)).size).toBe(2)
  })

  it('of an older preprocessing is screened from its own picture, under a screening key of its own', async () => {
    const clinic = await openClinic()
    const older = '0'.repeat(64)
    await clinic.prepare(first, { bright: false, by: older })
    await clinic.prepare(first, { bright: true })
    await clinic.send('north', first, 'routine', older)
    await clinic.send('north', first)
    await clinic.work({}, { idleExitMs: 2_500 })
    const results = await clinic.results()
    expect(new Set(results.map(({ screeningKey }) => screeningKey)).size).toBe(2)
    const pictures = await clinic.keysBelow(`results/north/${first}/`)
    for (const { screeningKey, outcome } of results) {
      const prefix = studyKeys.resultPrefix('north', first, screeningKey)
      expect(pictures.filter((key) => key.startsWith(prefix))).toHaveLength(outcome === 'suspected' ? 3 : 1)
    }
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['not-suspected', 'suspected'])
  })

  it('whose result stands is completed without another inference', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first)
    await clinic.send('north', first)
    await clinic.work()
    const [receipt] = await clinic.keysBelow('usage/')
    const before = [await clinic.textOf(receipt), await clinic.results()]
    await clinic.store.delete(receipt)
    await clinic.store.delete(studyKeys.preparedStudy({ tenant: 'north', imageId: first, preparation }))
    await clinic.send('north', first)
    const cascade = withSlowClassifier(clinic, () => Promise.reject(new Error('must not run')))
    await clinic.work({ cascade })
    expect([await clinic.textOf(receipt), await clinic.results()]).toEqual(before)
    expect(clinic.events).toHaveLength(2)
    expect(await clinic.queues.routine.depth()).toBe(0)
  })

  it('that comes in two messages at once is computed once, and ends in one result and one receipt', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first)
    for (let copy = 0; copy < 2; copy++) await clinic.send('north', first)
    let computed = 0
    const cascade = withSlowClassifier(clinic, async () => {
      computed++
      await sleep(300)
    })
    await Promise.all([1, 2].map(() => clinic.work({ cascade }, { maximumUnderWay: 1, idleExitMs: 2_500 })))
    expect(computed).toBe(1)
    const [result, ...more] = await clinic.results()
    expect(more).toEqual([])
    const [receipt, ...others] = await clinic.keysBelow('usage/')
    expect(others).toEqual([])
    expect(JSON.parse(await clinic.textOf(receipt))).toMatchObject({
      analysedAt: result.analysedAt,
      timingsMs: result.timingsMs,
    })
    expect(await clinic.queues.routine.depth()).toBe(0)
    expect(await clinic.keysBelow('failures/')).toEqual([])
  })
})

describe('the lanes', () => {
  it('are worked stat first', async () => {
    const clinic = await openClinic()
    for (let number = 0; number < 4; number++) {
      await clinic.prepare(imageIdOfNumber(number))
      await clinic.send('north', imageIdOfNumber(number), number < 2 ? 'routine' : 'stat')
    }
    await clinic.work({}, { maximumUnderWay: 1 })
    expect(clinic.events.map(([, { lane }]) => lane)).toEqual(['stat', 'stat', 'routine', 'routine'])
  })

  it('are batched when they are deep, and not when they are not', async () => {
    const clinic = await openClinic()
    const run = async (images: number) => {
      const batches: number[] = []
      for (let number = 0; number < images; number++) {
        const imageId = imageIdOfNumber(100 * images + number)
        await clinic.prepare(imageId, { bright: false, seed: number })
        await clinic.send('north', imageId)
      }
      const { classifier } = withSlowClassifier(clinic, () => sleep(100))
      const session = createBatchingSession(classifier.session, {
        maximumBatch: 4,
        onBatch: (inputs) => batches.push(inputs),
      })
      const cascade = { ...clinic.parts.cascade, classifier: { ...classifier, session } }
      await clinic.work({ cascade }, { maximumUnderWay: 8 })
      return batches
    }
    expect(await run(1)).toEqual([1])
    const deep = await run(12)
    expect(deep.reduce((sum, size) => sum + size, 0)).toBe(12)
    expect(Math.max(...deep)).toBe(4)
  })
})

describe('a delivery', () => {
  it('stays invisible for as long as its image takes', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first)
    await clinic.send('north', first)
    const working = clinic.work({ cascade: withSlowClassifier(clinic, () => sleep(1500)) }, { visibilityMs: 450 })
    await sleep(1100)
    expect(await clinic.queues.routine.receive(1, peek)).toEqual([])
    await working
    expect(await clinic.results()).toHaveLength(1)
  })

  it('that is lost in mid-image is left to the worker that has it now', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first)
    await clinic.send('north', first)
    const { routine, stat } = clinic.queues
    const deaf: JobQueue = {
      send: (body) => routine.send(body),
      receive: (maximum, options) => routine.receive(maximum, options),
      acknowledge: (receipt) => routine.acknowledge(receipt),
      extend: () => Promise.reject(new TransientError('no way through')),
      setAside: (job) => routine.setAside(job),
      depth: () => routine.depth(),
    }
    const cascade = withSlowClassifier(clinic, () => sleep(1200))
    const slow = clinic.work({ cascade, queues: { stat, routine: deaf } }, { visibilityMs: 400, maximumUnderWay: 1 })
    await sleep(600)
    await clinic.work()
    const [result] = await clinic.results()
    expect(await clinic.queues.routine.depth()).toBe(0)
    await slow
    expect(await clinic.results()).toEqual([result])
    expect(clinic.events).toHaveLength(1)
    expect(clinic.lines.join()).toMatch(/visibility-lost/)
  })
})

describe('a stop', () => {
  it('gives back what the network has not seen, and finishes what it has', async () => {
    const clinic = await openClinic()
    for (let number = 0; number < 4; number++) {
      await clinic.prepare(imageIdOfNumber(number))
      await clinic.send('north', imageIdOfNumber(number))
    }
    const stop = new AbortController()
    const stopped = new Promise((resolve) => stop.signal.addEventListener('abort', resolve))
    const cascade = withSlowClassifier(clinic, async () => {
      stop.abort()
      await sleep(300)
    })
    let reading = 0
    const { store } = clinic
    const slowStore: ObjectStore = {
      get: async (key) => {
        if (key.startsWith('prepared/') && reading++ >= 2) await stopped
        return store.get(key)
      },
      put: (...args) => store.put(...args),
      exists: (key) => store.exists(key),
      delete: (key) => store.delete(key),
      list: (prefix) => store.list(prefix),
    }
    await clinic.work({ cascade, store: slowStore }, { maximumUnderWay: 3 }, stop.signal)
    expect(await clinic.results()).toHaveLength(1)
    const left = await clinic.queues.routine.receive(10, peek)
    expect(left.map(({ receiveCount }) => receiveCount).sort()).toEqual([1, 2, 2])
  })

  it('waits a bounded time, then gives back even that', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first)
    await clinic.send('north', first)
    const stop = new AbortController()
    const cascade = withSlowClassifier(clinic, () => {
      stop.abort()
      return new Promise<never>(() => {})
    })
    await clinic.work({ cascade }, { drainMs: 200 }, stop.signal)
    expect(await clinic.queues.routine.receive(1, peek)).toMatchObject([{ receiveCount: 2 }])
  })

  it('while nothing is there ends the worker at once', async () => {
    const clinic = await openClinic()
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 100)
    await clinic.work({}, { idleExitMs: 3_600_000 }, stop.signal)
  })
})

describe('an idle worker', () => {
  it('ends after its time, and beats until then', async () => {
    const clinic = await openClinic()
    let beats = 0
    const started = performance.now()
    await clinic.work({ beat: () => void beats++ }, { idleExitMs: 700 })
    expect(performance.now() - started).toBeGreaterThanOrEqual(700)
    expect(beats).toBeGreaterThan(0)
  })
})
