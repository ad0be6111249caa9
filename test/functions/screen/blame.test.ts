import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { workThrough } from '../../../functions/screen/work-through.ts'
import { createBatchingSession } from '../../../lib/adapters/onnx/create-batching-session.ts'
import type { InferenceSession, JobQueue, ObjectStore } from '../../../lib/screening/kernel/ports.ts'
import { maximumAttempts } from '../../../lib/screening/screening-job/delivery-limits.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import { type Clinic, failureOf, imageIdOfNumber, interpose, openClinic } from './open-clinic.ts'

const never = new Promise<never>(() => {})
const quietly = (error: unknown): string => String(error)

async function fill(clinic: Clinic, images: number): Promise<string[]> {
  const imageIds = Array.from({ length: images }, (_, number) => imageIdOfNumber(number + 1))
  for (const [number, imageId] of imageIds.entries()) {
    await clinic.prepare(imageId, { seed: number })
    await clinic.send('north', imageId)
  }
  return imageIds
}

const withClassifier = ({ parts: { cascade } }: Clinic, session: InferenceSession) => ({
  cascade: { ...cascade, classifier: { ...cascade.classifier, session } },
})

/**
 * One life of a worker process that dies, with everything in it, as soon as `kills` says so of an attempt that was
 * written: from then on nothing of it reaches the outside.
 */
async function live(clinic: Clinic, kills: (imageId: string, state: string) => boolean): Promise<string> {
  let die: (how: string) => void = () => {}
  const died = new Promise<string>((resolve) => {
    die = resolve
  })
  let dead = false
  const gate = <T>(act: () => Promise<T>): Promise<T> =>
    dead
      ? never
      : act().then(
          (value) => (dead ? never : value),
          (error) => (dead ? never : Promise.reject(error)),
        )
  const { store, queues } = clinic
  const queueOf = (queue: JobQueue): JobQueue => ({
    send: (body) => queue.send(body),
    receive: (maximum, options) => gate(() => queue.receive(maximum, options)),
    acknowledge: (receipt) => gate(() => queue.acknowledge(receipt)),
    extend: (receipt, ms) => gate(() => queue.extend(receipt, ms)),
    setAside: (job) => gate(() => queue.setAside(job)),
    depth: () => queue.depth(),
  })
  const dying: ObjectStore = {
    get: (key) => gate(() => store.get(key)),
    put: (key, body, options) =>
      gate(async () => {
        const written = await store.put(key, body, options)
        const [, imageId] = /\/([0-9a-f]{32})\/attempts\//.exec(key) ?? []
        if (imageId && written && kills(imageId, JSON.parse(new TextDecoder().decode(body)).state)) {
          // Its neighbours are in the network by now.
          await sleep(50)
          dead = true
          die('killed')
        }
        return written
      }),
    exists: (key) => gate(() => store.exists(key)),
    delete: (key) => gate(() => store.delete(key)),
    list: (prefix) => store.list(prefix),
  }
  const { cascade } = clinic.parts
  const slow = interpose(cascade.classifier.session, () => gate(() => sleep(60)))
  const working = workThrough(
    {
      ...clinic.parts,
      ...withClassifier(clinic, createBatchingSession(slow, { maximumBatch: 8 })),
      store: dying,
      queues: { stat: queueOf(queues.stat), routine: queueOf(queues.routine) },
    },
    { maximumUnderWay: 18, visibilityMs: 1_000, idleExitMs: 2_500 },
    new AbortController().signal,
  )
  const how = await Promise.race([died, working.then(() => 'ended', quietly)])
  if (how === 'killed') clinic.pass(1_100)
  return how
}

describe('an image that ends its worker', () => {
  it('is set aside alone; every image that was under way with it is screened', async () => {
    const clinic = await openClinic()
    const imageIds = await fill(clinic, 30)
    const poison = imageIds[4]
    const kills = (imageId: string, state: string): boolean => imageId === poison && state === 'open'
    const lives: string[] = []
    while (lives.at(-1) !== 'ended') lives.push(await live(clinic, kills))
    expect(lives.filter((how) => how === 'killed')).toHaveLength(1 + maximumAttempts)
    const letters = await clinic.queues.routine.deadLetters()
    expect(letters.map((body) => JSON.parse(body).imageId)).toEqual([poison])
    expect((await clinic.results()).map(({ imageId }) => imageId)).toEqual(imageIds.filter((id) => id !== poison))
    expect(await failureOf(clinic, poison)).toMatchObject({
      reason: 'ends-its-worker',
      attempts: { failed: 0, endedAlone: maximumAttempts, endedBeside: 1 },
    })
    expect(await clinic.keysBelow('failures/')).toEqual([
      studyKeys.failure('north', poison),
      studyKeys.attempt('north', poison, 2 + maximumAttempts),
    ])

    // Sent back it is screened alone from the start, with as many attempts as before; beside it nobody is harmed.
    await clinic.queues.routine.send(letters[0])
    const [late] = [imageIdOfNumber(99)]
    await clinic.prepare(late, { seed: 99 })
    await clinic.send('north', late)
    expect(await live(clinic, kills)).toBe('killed')
    expect(await live(clinic, () => false)).toBe('ended')
    expect((await clinic.results()).map(({ imageId }) => imageId)).toEqual([...imageIds, late])
    expect(await clinic.keysBelow('failures/')).toEqual([])
  }, 120_000)
})

const begins = (_: string, state: string): boolean => state === 'open'

describe('a worker that dies while it sets an image aside', () => {
  it('has cost no further attempt: the next one sets it aside at once', async () => {
    const clinic = await openClinic()
    const [imageId] = await fill(clinic, 1)
    for (let life = 0; life < 1 + maximumAttempts; life++) expect(await live(clinic, begins)).toBe('killed')
    expect(await live(clinic, (_, state) => state === 'set-aside-suspected')).toBe('killed')
    expect(await live(clinic, begins)).toBe('ended')
    expect(await clinic.queues.routine.deadLetters()).toHaveLength(1)
    expect(await failureOf(clinic, imageId)).toMatchObject({
      reason: 'ends-its-worker',
      attempts: { failed: 0, endedAlone: maximumAttempts, endedBeside: 1 },
    })
    expect((await clinic.keysBelow('failures/')).filter((key) => key.includes('/attempts/'))).toHaveLength(1)
  }, 120_000)
})

describe('an image that fails and once ends its worker', () => {
  it('is told by its failure, not as one that ends workers', async () => {
    const clinic = await openClinic()
    const [imageId] = await fill(clinic, 1)
    const failing: InferenceSession = {
      run: () => Promise.reject(new Error('no such layer')),
      async close() {},
    }
    const sick = { ...withClassifier(clinic, failing), verify: async () => {} }
    expect(await live(clinic, begins)).toBe('killed')
    for (let failures = 1; failures < maximumAttempts; failures++) {
      // Given back for later, so that each life sees it once.
      await clinic.work({ ...sick, firstRetryMs: 200 }).catch(quietly)
      clinic.pass(200 * 4 ** (failures - 1))
    }
    expect(await live(clinic, begins)).toBe('killed')
    await clinic.work({ verify: async () => {} })
    expect(await failureOf(clinic, imageId)).toMatchObject({
      reason: 'defect',
      attempts: { failed: maximumAttempts - 1, endedAlone: 1, endedBeside: 1 },
    })
  }, 120_000)
})

describe('a stop', () => {
  it('costs an image nothing, however often', async () => {
    const clinic = await openClinic()
    await fill(clinic, 18)
    const slow = interpose(clinic.parts.cascade.classifier.session, () => sleep(400))
    const session = createBatchingSession(slow, { maximumBatch: 1 })
    for (let round = 0; round < 6; round++) {
      const stop = new AbortController()
      setTimeout(() => stop.abort(), 150)
      const settings = { maximumUnderWay: 18, idleExitMs: 500, drainMs: 100 }
      await clinic.work({ ...withClassifier(clinic, session), verify: async () => {} }, settings, stop.signal)
      await sleep(500)
    }
    expect(await clinic.keysBelow('failures/')).toEqual([])
    await clinic.work({}, { maximumUnderWay: 18 })
    expect(await clinic.results()).toHaveLength(18)
    expect(await clinic.queues.routine.deadLetters()).toEqual([])
  }, 120_000)
})

describe('a stop while an attempt is being written', () => {
  it('leaves no trace of it', async () => {
    const clinic = await openClinic()
    await fill(clinic, 1)
    const stop = new AbortController()
    let written: Promise<boolean> | null = null
    const { store } = clinic
    const slow: ObjectStore = {
      get: (key) => store.get(key),
      put(key, ...rest) {
        if (!key.includes('/attempts/')) return store.put(key, ...rest)
        stop.abort()
        written = sleep(500).then(() => store.put(key, ...rest))
        return written
      },
      exists: (key) => store.exists(key),
      delete: (key) => store.delete(key),
      list: (prefix) => store.list(prefix),
    }
    const session: InferenceSession = { run: () => never, async close() {} }
    await clinic.work({ ...withClassifier(clinic, session), store: slow }, { drainMs: 50 }, stop.signal)
    await written
    expect(await clinic.keysBelow('failures/')).toEqual([])
  })
})

describe('a worker whose networks fail', () => {
  const sick: InferenceSession = { run: () => Promise.reject(new Error('CUDA failure 700')), async close() {} }

  it('gives everything back unharmed, however many come after it, and says so', async () => {
    const clinic = await openClinic()
    await fill(clinic, 40)
    for (let life = 0; life < 8; life++) {
      const working = clinic.work(withClassifier(clinic, sick), { maximumUnderWay: 18 })
      await expect(working).rejects.toThrow(/not at fault/)
    }
    expect(clinic.lines.filter((line) => line.includes('"IllWorkers":1'))).toHaveLength(8)
    expect(await clinic.queues.routine.deadLetters()).toEqual([])
    expect(await clinic.keysBelow('results/')).toEqual([])
    await clinic.work({}, { maximumUnderWay: 18 })
    expect(await clinic.results()).toHaveLength(40)
    expect(await clinic.keysBelow('failures/')).toEqual([])
  }, 120_000)

  it('over one image, and again with it alone, holds that against the image', async () => {
    const clinic = await openClinic()
    const [poison, ...others] = await fill(clinic, 6)
    const { session } = clinic.parts.cascade.classifier
    const poisonInput = await inputOfFirst()
    for (let life = 0; life < 1 + maximumAttempts; life++) {
      let ill = false
      const fragile: InferenceSession = {
        async run(input) {
          ill ||= Buffer.from(input.data.buffer).equals(poisonInput)
          if (ill) throw new Error('CUDA failure 700')
          return session.run(input)
        },
        async close() {},
      }
      await clinic.work(withClassifier(clinic, fragile), { maximumUnderWay: 6 }).catch(quietly)
    }
    await clinic.work()
    const letters = await clinic.queues.routine.deadLetters()
    expect(letters.map((body) => JSON.parse(body).imageId)).toEqual([poison])
    expect(await failureOf(clinic, poison)).toMatchObject({ reason: 'ends-its-worker' })
    expect((await clinic.results()).map(({ imageId }) => imageId)).toEqual(others)
  }, 120_000)
})

/** What the classifier sees of the first image of `fill`. */
async function inputOfFirst(): Promise<Buffer> {
  const clinic = await openClinic()
  await fill(clinic, 1)
  const inputs: Buffer[] = []
  const { session } = clinic.parts.cascade.classifier
  const watching: InferenceSession = {
    run(input) {
      inputs.push(Buffer.from(input.data.slice().buffer))
      return session.run(input)
    },
    async close() {},
  }
  await clinic.work(withClassifier(clinic, watching))
  return inputs[0]
}

describe('a worker that fails with one image after the other though its networks answer', () => {
  it('stops after the third, which it gives back unharmed with all the rest', async () => {
    const clinic = await openClinic()
    await fill(clinic, 20)
    const { store } = clinic
    const forbidden: ObjectStore = {
      get: (key) => store.get(key),
      put: (key, ...rest) => (key.startsWith('results/') ? Promise.reject(new Error('403')) : store.put(key, ...rest)),
      exists: (key) => store.exists(key),
      delete: (key) => store.delete(key),
      list: (prefix) => store.list(prefix),
    }
    const working = clinic.work({ store: forbidden, firstRetryMs: 60_000 }, { maximumUnderWay: 8 })
    await expect(working).rejects.toThrow(/not at fault/)
    const told = (await clinic.keysBelow('failures/')).filter((key) => !key.includes('/attempts/'))
    expect(told).toHaveLength(2)
    expect(await clinic.queues.routine.deadLetters()).toEqual([])
    expect(await clinic.queues.routine.depth()).toBe(20)
  })
})

describe('a failure of an image itself', () => {
  it('waits longer after each, and ends as a dead letter after the last', async () => {
    const clinic = await openClinic()
    await clinic.send('nobody', imageIdOfNumber(1))
    const waits: number[] = []
    const { routine, stat } = clinic.queues
    const noting: JobQueue = {
      send: (body) => routine.send(body),
      receive: (maximum, options) => routine.receive(maximum, options),
      acknowledge: (receipt) => routine.acknowledge(receipt),
      extend: async (receipt, ms) => {
        waits.push(ms)
        await routine.extend(receipt, 0)
      },
      setAside: (job) => routine.setAside(job),
      depth: () => routine.depth(),
    }
    await clinic.work({ firstRetryMs: 30_000, queues: { stat, routine: noting } })
    expect(waits).toEqual([30_000, 120_000, 480_000])
    expect(await routine.deadLetters()).toHaveLength(1)
  })
})
