import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { failureDocument } from '../../../functions/screen/failure-document.ts'
import { createBatchingSession } from '../../../lib/adapters/onnx/create-batching-session.ts'
import { TransientError } from '../../../lib/screening/kernel/errors.ts'
import type { InferenceSession, JobQueue, ObjectStore } from '../../../lib/screening/kernel/ports.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import { usageReceipt } from '../../../lib/screening/usage/usage-receipt.ts'
import { type Clinic, imageIdOfNumber, interpose, openClinic, preparation } from './open-clinic.ts'

const [first, second] = [imageIdOfNumber(1), imageIdOfNumber(2)]
const peek = { visibilityMs: 60_000, waitMs: 0 }

async function failureOf(clinic: Clinic, image: string, tenant = 'north') {
  return failureDocument.parse(JSON.parse(await clinic.textOf(studyKeys.failure(tenant, image))))
}

/** The cascade with something done ahead of every classification. */
const withSlowClassifier = ({ parts: { cascade } }: Clinic, before: () => Promise<void>) => ({
  ...cascade,
  classifier: { ...cascade.classifier, session: interpose(cascade.classifier.session, before) },
})

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
    expect(await clinic.results()).toMatchObject([{ outcome: 'suspected' }])
    expect(await clinic.keysBelow('results/')).toHaveLength(1)
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
    const cascade = withSlowClassifier(clinic, async () => {
      stop.abort()
      await sleep(300)
    })
    let reading = 0
    const { store } = clinic
    const slowStore: ObjectStore = {
      get: async (key) => {
        if (key.startsWith('prepared/') && reading++ >= 2) await sleep(150)
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
    const cascade = withSlowClassifier(clinic, async () => {
      stop.abort()
      await sleep(2000)
    })
    const started = performance.now()
    await clinic.work({ cascade }, { drainMs: 200 }, stop.signal)
    expect(performance.now() - started).toBeLessThan(1500)
    expect(await clinic.queues.routine.receive(1, peek)).toMatchObject([{ receiveCount: 2 }])
  })

  it('while nothing is there ends the worker at once', async () => {
    const clinic = await openClinic()
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 100)
    const started = performance.now()
    await clinic.work({}, { idleExitMs: 3_600_000 }, stop.signal)
    expect(performance.now() - started).toBeLessThan(4000)
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

describe('a failure for now', () => {
  it('gives the message back for later, longer each time, and is forgotten after the image succeeds', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first)
    await clinic.send('north', first)
    const extended: number[] = []
    const { routine, stat } = clinic.queues
    const noting: JobQueue = {
      send: (body) => routine.send(body),
      receive: (maximum, options) => routine.receive(maximum, options),
      acknowledge: (receipt) => routine.acknowledge(receipt),
      extend: async (receipt, visibilityMs) => {
        extended.push(visibilityMs)
        // Nobody waits in a test.
        await routine.extend(receipt, 0)
      },
      setAside: (job) => routine.setAside(job),
      depth: () => routine.depth(),
    }
    let failures = 2
    const { store } = clinic
    const flaky: ObjectStore = {
      get: (key) => store.get(key),
      put: (key, ...rest) => {
        if (key.startsWith('results/') && failures-- > 0) return Promise.reject(new TransientError('slow down'))
        return store.put(key, ...rest)
      },
      exists: (key) => store.exists(key),
      delete: (key) => store.delete(key),
      list: (prefix) => store.list(prefix),
    }
    await clinic.work({ store: flaky, queues: { stat, routine: noting } })
    expect(extended).toEqual([2_000, 6_000])
    expect(await clinic.results()).toHaveLength(1)
    expect(await clinic.keysBelow('failures/')).toEqual([])
  })

  it('of an earlier delivery is forgotten before the message is gone, so that none outlives a worker', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first)
    await clinic.send('north', first)
    const { routine, stat } = clinic.queues
    let left: string[] | null = null
    const watching: JobQueue = {
      send: (body) => routine.send(body),
      receive: (maximum, options) => routine.receive(maximum, options),
      acknowledge: async (receipt) => {
        left = await clinic.keysBelow('failures/')
        await routine.acknowledge(receipt)
      },
      extend: (receipt) => routine.extend(receipt, 0),
      setAside: (job) => routine.setAside(job),
      depth: () => routine.depth(),
    }
    let failed = false
    const cascade = withSlowClassifier(clinic, async () => {
      if (failed) expect(await clinic.keysBelow('failures/')).toContain(studyKeys.failure('north', first))
      else {
        failed = true
        throw new TransientError('for now')
      }
    })
    await clinic.work({ cascade, queues: { stat, routine: watching } })
    expect(left).toEqual([])
    expect(await clinic.results()).toHaveLength(1)
  })

  it('of forgetting, with the message gone, is no failure of the image', async () => {
    const clinic = await openClinic({ maximumReceives: 1 })
    await clinic.prepare(first)
    await clinic.send('north', first)
    const { store } = clinic
    let deletions = 0
    const stubborn: ObjectStore = {
      get: (key) => store.get(key),
      put: (key, ...rest) => store.put(key, ...rest),
      exists: (key) => store.exists(key),
      delete: async () => {
        deletions++
        throw new TransientError('slow down')
      },
      list: (prefix) => store.list(prefix),
    }
    await clinic.work({ store: stubborn })
    expect(deletions).toBeGreaterThan(0)
    expect(clinic.lines.join()).toMatch(/forget-failure/)
    expect(clinic.lines.join()).not.toMatch(/screening-failed/)
    expect(await clinic.results()).toHaveLength(1)
  })

  it('of the queues ends the worker when it lasts', async () => {
    const clinic = await openClinic()
    let asked = 0
    const gone: JobQueue = {
      send: async () => {},
      receive: () => {
        asked++
        return Promise.reject(new TransientError('no way through'))
      },
      acknowledge: async () => {},
      extend: async () => {},
      setAside: async () => {},
      depth: async () => 0,
    }
    const working = clinic.work({ queues: { stat: gone, routine: gone } }, { patience: 3 })
    await expect(working).rejects.toThrow(/no way through/)
    expect(asked).toBe(3)
  })
})

describe('a defect', () => {
  it.each([
    ['prepared-study-missing', 'north', {}],
    ['unknown-tenant', 'nobody', {}],
    ['unknown-operating-point', 'astray', {}],
  ])('%s is told and ends as a dead letter', async (reason, tenant) => {
    const clinic = await openClinic()
    await clinic.send(tenant, first)
    await clinic.work()
    expect(await failureOf(clinic, first, tenant)).toMatchObject({ reason, tenant, imageId: first, deliveries: 4 })
    expect(await clinic.queues.routine.deadLetters()).toHaveLength(1)
    expect(await clinic.results()).toEqual([])
    expect(await clinic.keysBelow('usage/')).toEqual([])
  })

  it('of a network is told without quoting, and its neighbours are screened', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first)
    await clinic.prepare(second, { bright: false })
    const { cascade } = clinic.parts
    let runs = 0
    const session: InferenceSession = {
      async run(input) {
        // Golden files are answered well in between.
        if (runs++ % 2 === 1) return cascade.classifier.session.run(input)
        return new Map([['logits', { data: new Float32Array([Number.NaN]), shape: [1, 1] }]])
      },
      async close() {},
    }
    await clinic.send('north', first)
    const verify = async () => void (await session.run({ data: new Float32Array(32 * 32), shape: [1, 1, 32, 32] }))
    await clinic.work({ verify, cascade: { ...cascade, classifier: { ...cascade.classifier, session } } })
    await clinic.send('north', second)
    await clinic.work()
    const failure = await failureOf(clinic, first)
    expect(failure).toMatchObject({ reason: 'defect', cause: { error: 'Error' } })
    expect(JSON.stringify(failure)).not.toMatch(/NaN/)
    expect(await clinic.results()).toMatchObject([{ imageId: second }])
  })

  it.each([
    '{',
    '{}',
    JSON.stringify({ schemaVersion: 2, tenant: '../x', imageId: first, preparation, lane: 'stat', enqueuedAt: 0 }),
  ])('of a message that is no job, %j, is logged and ends as a dead letter', async (body) => {
    const clinic = await openClinic()
    await clinic.queues.routine.send(body)
    await clinic.work()
    expect(await clinic.queues.routine.deadLetters()).toEqual([body])
    expect(clinic.lines.join()).toMatch(/unreadable-job/)
    expect(await clinic.keysBelow('')).toEqual([])
  })

  it('of its deliveries is told ahead of the last one, and taken back when that one succeeds', async () => {
    const clinic = await openClinic({ maximumReceives: 1 })
    await clinic.prepare(first)
    await clinic.send('north', first)
    let told: unknown
    const cascade = withSlowClassifier(clinic, async () => {
      told = await failureOf(clinic, first)
    })
    await clinic.work({ cascade })
    expect(told).toMatchObject({ reason: 'delivered-too-often', cause: null, deliveries: 1 })
    expect(await clinic.results()).toHaveLength(1)
    expect(await clinic.keysBelow('failures/')).toEqual([])
  })

  it('that hangs ends the worker, and leaves the message to the next', async () => {
    const clinic = await openClinic()
    await clinic.prepare(first)
    await clinic.send('north', first)
    const cascade = withSlowClassifier(clinic, () => sleep(4000))
    const working = clinic.work({ cascade }, { longestImageMs: 200, visibilityMs: 600 })
    await expect(working).rejects.toThrow(/under way for more than 200 ms/)
    await sleep(700)
    expect(await clinic.queues.routine.receive(1, peek)).toMatchObject([{ receiveCount: 2 }])
  })
})
