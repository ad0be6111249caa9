import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { failureDocument } from '../../functions/screen/failure-document.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { defaultModelsFolder } from '../../lib/embedded/package-root.ts'
import { drawPhantom } from '../../lib/phantom/draw-phantom.ts'
import { encodePhantom } from '../../lib/phantom/encode-phantom.ts'
import { phantomIdentity } from '../../lib/phantom/phantom-elements.ts'
import { planPhantom } from '../../lib/phantom/plan-phantom.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { preparationKeyOf } from '../../lib/screening/result-documents/screening-key.ts'
import { readResultAt } from '../../lib/screening/result-documents/write-result.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { usageReceipt } from '../../lib/screening/usage/usage-receipt.ts'
import { drawPicture } from '../functions/screen/draw-picture.ts'
import { type Cloud, createCloud, drain } from './harness/create-cloud.ts'
import { type Fault, type FaultProxy, startFaultProxy } from './harness/fault-proxy.ts'
import { deliverUploads, openPreprocessing } from './harness/run-preprocess.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'
import { type BuiltWorker, buildWorker } from './worker/build-worker.ts'
import { type RequestKind, requestKindOf } from './worker/request-kind.ts'
import { type RunningWorker, startWorker } from './worker/start-worker.ts'

const preparation = preparationKeyOf(defaultSuitabilityPolicy)

let standIn: StandIn
let proxy: FaultProxy
let worker: BuiltWorker
beforeAll(async () => {
  standIn = await startStandIn()
  proxy = await startFaultProxy(standIn.endpoint)
  worker = await buildWorker()
})
const running: RunningWorker[] = []
afterEach(() => {
  proxy.decide = () => null
  for (const { child } of running.splice(0)) child.kill('SIGKILL')
})
afterAll(async () => {
  worker.remove()
  await proxy.stop()
  await standIn.stop()
})

/** A worker whose requests pass the proxy. */
function start(cloud: Cloud, changes: Parameters<typeof startWorker>[3] = {}): RunningWorker {
  const started = startWorker(worker.program, cloud, proxy.endpoint, changes)
  running.push(started)
  return started
}

/** Works until the queues are empty; the last worker must end by itself. */
async function workAll(cloud: Cloud, changes: Parameters<typeof startWorker>[3] = {}): Promise<RunningWorker> {
  const started = start(cloud, changes)
  expect(await started.ended, started.lines.join('\n')).toBe(0)
  return started
}

const upload = (cloud: Cloud, key: string, body: Uint8Array) =>
  cloud.clients.s3.send(new PutObjectCommand({ Bucket: cloud.bucket, Key: key, Body: body }))

/** A cloud in which one bright picture waits for the worker. @returns its imageId too */
async function withOneJob(options: Parameters<typeof createCloud>[1] = {}): Promise<{ cloud: Cloud; imageId: string }> {
  const cloud = await createCloud(standIn.endpoint, options)
  const picture = await drawPicture(1, true)
  await upload(cloud, 'uploads/north/1.png', picture)
  await deliverUploads(cloud, await openPreprocessing(cloud))
  return { cloud, imageId: imageIdOf(picture) }
}

/** All that a cloud says of its images once everything has come to rest. */
async function findings(cloud: Cloud) {
  const store = new S3ObjectStore(cloud.clients.s3, cloud.bucket)
  const keysBelow = async (prefix: string): Promise<string[]> => {
    const keys: string[] = []
    for await (const key of store.list(prefix)) keys.push(key)
    return keys
  }
  const read = async (key: string): Promise<unknown> => JSON.parse(new TextDecoder().decode(await store.get(key)))
  const resultKeys = (await keysBelow('results/')).filter((key) => key.endsWith('/result.json'))
  return {
    keys: await keysBelow('results/'),
    resultKeys,
    results: await Promise.all(resultKeys.map((key) => readResultAt(store, key))),
    receipts: await Promise.all(
      (await keysBelow('usage/'))
        .filter((key) => key.includes('/receipts/'))
        .map(async (key) => usageReceipt.parse(await read(key))),
    ),
    failures: await Promise.all(
      (await keysBelow('failures/'))
        .filter((key) => !key.includes('/attempts/'))
        .map(async (key) => failureDocument.parse(await read(key))),
    ),
    events: (await drain(cloud.clients.sqs, cloud.eventsUrl)).map((body) => JSON.parse(body)),
    waiting: await drain(cloud.clients.sqs, cloud.routine.url),
    dead: await drain(cloud.clients.sqs, cloud.routine.deadLetterUrl),
  }
}

/** What must hold however often the way of one suspected image was cut short. */
async function expectOneResult(cloud: Cloud, imageId: string): Promise<void> {
  const found = await findings(cloud)
  expect(found.results).toMatchObject([{ imageId, outcome: 'suspected' }])
  const [{ screeningKey, analysedAt, timingsMs }] = found.results
  const prefix = studyKeys.resultPrefix('north', imageId, screeningKey)
  expect(found.keys.filter((key) => !key.includes('/uploads/'))).toEqual(
    ['mask.png', 'overlay.png', 'result.json'].map((name) => `${prefix}${name}`),
  )
  expect(found.receipts).toMatchObject([{ imageId, screeningKey, analysedAt, timingsMs }])
  const resultKeys = found.events.map((event) => event.detail.resultKey)
  expect(resultKeys.length).toBeGreaterThanOrEqual(1)
  expect(new Set(resultKeys)).toEqual(new Set([`${prefix}result.json`]))
  expect([found.waiting, found.dead, found.failures]).toEqual([[], [], []])
}

describe('the way of a study', () => {
  it('leads from an upload to a finding with the shipped networks', async () => {
    const cloud = await createCloud(standIn.endpoint, {
      tenants: [{ id: 'north', lanes: ['stat', 'routine'] }],
    })
    const images: string[] = []
    for (let index = 0; index < 4; index++) {
      const plan = planPhantom(3, index, { rows: 512, columns: 512 })
      const file = await encodePhantom(drawPhantom(plan.options), plan.format, phantomIdentity(plan.options.seed, 'w'))
      images.push(imageIdOf(file))
      await upload(cloud, `uploads/north/${index === 3 ? 'stat/' : ''}DOE^JANE ${index}.dcm`, file)
    }
    await upload(cloud, 'uploads/north/letter.txt', new TextEncoder().encode('Dear colleague'))
    await deliverUploads(cloud, await openPreprocessing(cloud))
    const { lines } = await workAll(cloud, { MODELS_FOLDER: defaultModelsFolder })

    const found = await findings(cloud)
    const analysed = found.results.filter(({ outcome }) => outcome !== 'not-analysed')
    expect(analysed.map(({ imageId }) => imageId).sort()).toEqual([...images].sort())
    expect(found.results).toHaveLength(5)
    expect(found.receipts.map(({ imageId, lane }) => [imageId, lane]).sort()).toEqual(
      images.map((imageId, index) => [imageId, index === 3 ? 'stat' : 'routine']).sort(),
    )
    expect(found.receipts.filter(({ cold }) => cold)).toHaveLength(1)
    expect(found.events.map((event) => event['detail-type']).sort()).toEqual([
      ...Array.from({ length: 4 }, () => 'Finding Ready'),
      'Study Not Analysed',
    ])
    for (const { resultKey } of found.events.map((event) => event.detail)) expect(found.resultKeys).toContain(resultKey)
    expect([found.waiting, found.dead, found.failures]).toEqual([[], [], []])
    const logged = lines.map((line) => JSON.parse(line))
    expect(logged.filter(({ event }) => event === 'screened')).toHaveLength(4)
    expect(logged.filter((line) => 'ColdStartMilliseconds' in line)).toHaveLength(1)
    expect(lines.join()).not.toMatch(/DOE|JANE/)
  })
})

const sideEffects: RequestKind[] = [
  'put-attempt',
  'delete-attempt',
  'put-picture',
  'put-result',
  'put-receipt',
  'put-event',
  'acknowledge',
]

describe('a worker that is killed', () => {
  it.each(sideEffects.flatMap((kind) => [['before', kind] as const, ['after', kind] as const]))(
    '%s its %s leaves an image that the next one completes',
    async (when, kind) => {
      const { cloud, imageId } = await withOneJob()
      const first = start(cloud, { VISIBILITY_SECONDS: '1' })
      proxy.decide = (request): Fault | null => {
        if (requestKindOf(request) !== kind) return null
        first.child.kill('SIGKILL')
        return when === 'before' ? { kind: 'reset' } : { kind: 'lost-answer' }
      }
      expect(await first.ended).toBe('SIGKILL')
      proxy.decide = () => null
      await workAll(cloud, { IDLE_EXIT_SECONDS: '2' })
      await expectOneResult(cloud, imageId)
    },
  )

  it.each([
    ['before', 'delete-failure'],
    ['after', 'delete-failure'],
    ['before', 'acknowledge'],
    ['after', 'acknowledge'],
  ] as const)(
    '%s its %s on a second delivery leaves no failure of an image that has its result',
    async (when, kind) => {
      const { cloud, imageId } = await withOneJob()
      let faults = 12
      let victim = start(cloud, { VISIBILITY_SECONDS: '1' })
      proxy.decide = (request): Fault | null => {
        const asked = requestKindOf(request)
        // The first delivery fails for now, and says so; the SDK's own repetitions fail with it.
        if (asked === 'put-result' && faults-- > 0) return { kind: 'status', status: 503, code: 'SlowDown' }
        if (asked === 'put-failure') faults = 0
        if (asked !== kind || faults > 0) return null
        victim.child.kill('SIGKILL')
        return when === 'before' ? { kind: 'reset' } : { kind: 'lost-answer' }
      }
      while ((await victim.ended) !== 'SIGKILL') victim = start(cloud, { VISIBILITY_SECONDS: '1' })
      proxy.decide = () => null
      await workAll(cloud, { IDLE_EXIT_SECONDS: '3' })
      await expectOneResult(cloud, imageId)
    },
  )

  it('before it has the image leaves it as it was', async () => {
    const { cloud, imageId } = await withOneJob()
    const first = start(cloud, { VISIBILITY_SECONDS: '1' })
    proxy.decide = (request): Fault | null => {
      if (requestKindOf(request) !== 'get-prepared') return null
      first.child.kill('SIGKILL')
      return { kind: 'reset' }
    }
    expect(await first.ended).toBe('SIGKILL')
    proxy.decide = () => null
    await workAll(cloud, { IDLE_EXIT_SECONDS: '2' })
    await expectOneResult(cloud, imageId)
  })

  it('on every delivery ends in a dead letter whose reason is written down', async () => {
    const { cloud, imageId } = await withOneJob({ maximumReceives: 2 })
    for (let delivery = 0; delivery < 2; delivery++) {
      // Long enough that a busy machine does not lose it: that would be a delivery too.
      const victim = start(cloud, { VISIBILITY_SECONDS: '4', MAXIMUM_RECEIVES: '2', IDLE_EXIT_SECONDS: '10' })
      proxy.decide = (request) => {
        if (requestKindOf(request) === 'put-picture') victim.child.kill('SIGKILL')
        return null
      }
      expect(await victim.ended).toBe('SIGKILL')
    }
    proxy.decide = () => null
    await workAll(cloud, { IDLE_EXIT_SECONDS: '6' })
    const found = await findings(cloud)
    expect(found.dead).toHaveLength(1)
    expect(found.failures).toMatchObject([{ imageId, reason: 'delivered-too-often', deliveries: 2 }])
    expect([found.results, found.receipts]).toEqual([[], []])
  })
})

describe('a worker that is asked to stop', () => {
  it.each([
    ['while it fetches an image', 'get-prepared', 0],
    ['while it writes a result', 'put-picture', 1],
  ] as const)('%s ends well; nothing is lost', async (_, kind, finished) => {
    const { cloud, imageId } = await withOneJob()
    const first = start(cloud, { IDLE_EXIT_SECONDS: '60' })
    proxy.decide = (request): Fault | null => {
      if (requestKindOf(request) !== kind) return null
      first.child.kill('SIGTERM')
      return { kind: 'delay', ms: 300 }
    }
    expect(await first.ended).toBe(0)
    expect(first.lines.filter((line) => line.includes('"screened"'))).toHaveLength(finished)
    proxy.decide = () => null
    // What was given back is there at once: nobody waits for a visibility to end.
    await workAll(cloud)
    await expectOneResult(cloud, imageId)
  })
})

describe('a worker whose visibility is lost', () => {
  it('writes nothing over what the next one has written', async () => {
    const { cloud, imageId } = await withOneJob()
    const frozen = start(cloud, { VISIBILITY_SECONDS: '1' })
    const asleep = new Promise<void>((done) => {
      proxy.decide = (request) => {
        if (requestKindOf(request) !== 'get-prepared') return null
        frozen.child.kill('SIGSTOP')
        done()
        return null
      }
    })
    await Promise.race([asleep, frozen.ended])
    proxy.decide = () => null
    await workAll(cloud, { IDLE_EXIT_SECONDS: '2' })
    frozen.child.kill('SIGCONT')
    expect(await frozen.ended).toBe(0)
    expect(frozen.lines.join('\n')).toContain('visibility-lost')
    await expectOneResult(cloud, imageId)
  })
})

describe('two workers', () => {
  it('on one image end in one result', async () => {
    const { cloud, imageId } = await withOneJob()
    await upload(cloud, 'uploads/north/again.png', await drawPicture(1, true))
    await deliverUploads(cloud, await openPreprocessing(cloud))
    // Both have looked for a result before either writes one.
    let looks = 0
    proxy.decide = (request) => {
      if (requestKindOf(request) === 'get-result') looks++
      return requestKindOf(request) === 'put-result' && looks < 2 ? { kind: 'delay', ms: 1000 } : null
    }
    const both = [start(cloud, { MAXIMUM_BATCH: '1' }), start(cloud, { MAXIMUM_BATCH: '1' })]
    for (const { ended } of both) expect(await ended).toBe(0)
    await expectOneResult(cloud, imageId)
  })
})

describe('a store that fails for now', () => {
  // As many faults as the client does not get over by itself: the message is given back and comes again.
  it.each<[string, RequestKind, Fault, number]>([
    ['answers 500', 'put-result', { kind: 'status', status: 500, code: 'InternalError' }, 4],
    ['answers 503', 'get-prepared', { kind: 'status', status: 503, code: 'ServiceUnavailable' }, 6],
    ['asks to slow down', 'put-receipt', { kind: 'status', status: 503, code: 'SlowDown' }, 4],
    ['meets a conflict', 'put-result', { kind: 'status', status: 409, code: 'ConditionalRequestConflict' }, 6],
    ['cuts bodies short', 'get-prepared', { kind: 'truncated' }, 2],
    ['breaks connections', 'put-picture', { kind: 'reset' }, 4],
    ['loses its answers', 'put-result', { kind: 'lost-answer' }, 3],
    ['loses its answers', 'put-receipt', { kind: 'lost-answer' }, 3],
  ])('%s to %s costs time, no result', async (_, kind, fault, times) => {
    const { cloud, imageId } = await withOneJob()
    let left = times
    proxy.decide = (request) => (requestKindOf(request) === kind && left-- > 0 ? fault : null)
    await workAll(cloud, { IDLE_EXIT_SECONDS: '4' })
    expect(left).toBeLessThanOrEqual(0)
    await expectOneResult(cloud, imageId)
  })
})

describe('a job that cannot be done', () => {
  it('ends as a dead letter with its reason, and holds up nothing', async () => {
    const { cloud, imageId } = await withOneJob()
    const lost = await drawPicture(2, true)
    await upload(cloud, 'uploads/north/2.png', lost)
    await deliverUploads(cloud, await openPreprocessing(cloud))
    const key = studyKeys.preparedStudy({ tenant: 'north', imageId: imageIdOf(lost), preparation })
    await cloud.clients.s3.send(new DeleteObjectCommand({ Bucket: cloud.bucket, Key: key }))
    await workAll(cloud, { IDLE_EXIT_SECONDS: '2' })
    const found = await findings(cloud)
    expect(found.results).toMatchObject([{ imageId, outcome: 'suspected' }])
    expect(found.dead).toHaveLength(1)
    expect(found.failures).toMatchObject([{ imageId: imageIdOf(lost), reason: 'prepared-study-missing' }])
  })
})

describe('a worker that is set up wrongly', () => {
  it('says that CUDA is absent, and ends', async () => {
    const { cloud } = await withOneJob()
    const { ended, lines } = start(cloud, { EXECUTION_PROVIDER: 'cuda' })
    expect(await ended).toBe(1)
    expect(lines.join()).toMatch(/No cuda session could be created/)
  })

  it('names the variable that is missing, and ends', async () => {
    const { cloud } = await withOneJob()
    const { ended, lines } = start(cloud, { MAXIMUM_BATCH: '0' })
    expect(await ended).toBe(1)
    expect(lines.join()).toMatch(/MAXIMUM_BATCH/)
  })
})
