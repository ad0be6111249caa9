import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { TransientError } from '../../../lib/screening/kernel/errors.ts'
import type { InferenceSession, JobQueue, ObjectStore } from '../../../lib/screening/kernel/ports.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import { failureOf, imageIdOfNumber, openClinic, preparation, withSlowClassifier } from './open-clinic.ts'

const [first, second] = [imageIdOfNumber(1), imageIdOfNumber(2)]
const peek = { visibilityMs: 60_000, waitMs: 0 }

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
