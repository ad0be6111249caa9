import { setTimeout as sleep } from 'node:timers/promises'
import { ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { expect, it, onTestFinished } from 'vitest'
import { parseNotifications } from '../../../functions/preprocess/parse-notifications.ts'
import { failureDocument } from '../../../functions/screen/failure-document.ts'
import { S3ObjectStore } from '../../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../../lib/adapters/aws/sqs-job-queue.ts'
import { forEachConcurrently } from '../../../lib/adapters/embedded/for-each-concurrently.ts'
import { createRandom, type SeededRandom } from '../../../lib/phantom/seeded-random.ts'
import { readResultAt } from '../../../lib/screening/result-documents/write-result.ts'
import { maximumAttempts } from '../../../lib/screening/screening-job/delivery-limits.ts'
import { parseStudyJob } from '../../../lib/screening/screening-job/study-job.ts'
import { studyKeys, tenantOfUpload, uploadIdOf } from '../../../lib/screening/screening-job/study-keys.ts'
import { usageReceipt } from '../../../lib/screening/usage/usage-receipt.ts'
import { type Cloud, createCloud, drain } from '../harness/create-cloud.ts'
import { startFaultProxy } from '../harness/fault-proxy.ts'
import { deliverUploads, openPreprocessing } from '../harness/run-preprocess.ts'
import { startStandIn } from '../harness/start-stand-in.ts'
import { buildWorker } from '../worker/build-worker.ts'
import { chaosTenants, planUploads, shuffle } from './plan-chaos.ts'
import { randomFault } from './random-fault.ts'
import { type ChaosBudget, occupySlot } from './worker-slot.ts'

const seed = Number(process.env.CHAOS_SEED ?? 1)
const images = Number(process.env.CHAOS_IMAGES ?? 1000)
const kills = Number(process.env.CHAOS_KILLS ?? 50)
const stops = Number(process.env.CHAOS_STOPS ?? 10)

const poisonJobs = ['{', '{"schemaVersion":2}', 'routine']
const poisonNotifications = ['{', '{"Records":[{"eventName":"ObjectRemoved:Delete"}]}', '[]']

it(`of ${images} images, three of them poison, ${kills} kills and ${stops} stops bring none to the dead letters but the poison and the lost`, async () => {
  const random = createRandom(seed, 'chaos')
  const started = performance.now()
  const standIn = await startStandIn()
  const proxy = await startFaultProxy(standIn.endpoint)
  const worker = await buildWorker()
  onTestFinished(async () => {
    worker.remove()
    await proxy.stop()
    await standIn.stop()
  })
  const cloud = await createCloud(standIn.endpoint, {
    tenants: chaosTenants,
    // A wave of uploads may take its time on a busy machine.
    visibility: 60,
    s3Endpoint: proxy.endpoint,
  })
  const budget: ChaosBudget = {
    killsLeft: kills,
    stopsLeft: stops,
    poisoned: 0,
    kills: new Map(),
    faults: new Map(),
    surprises: [],
  }
  const uploads = await planUploads(seed, images)
  const lost = new Set(uploads.filter(({ fate }) => fate === 'lost').map(({ imageId }) => imageId))

  const captured: string[] = []
  for (const wave of wavesOf(uploads)) {
    await forEachConcurrently(wave, 8, async ({ key, body }) => {
      await cloud.clients.s3.send(new PutObjectCommand({ Bucket: cloud.bucket, Key: key, Body: body }))
    })
    captured.push(...(await drain(cloud.clients.sqs, cloud.uploads.url)))
  }
  // Each upload is to be answered by its receipt. The stand-in names no version in its notifications, S3 does.
  const expectedUploadReceipts = captured
    .flatMap((message) => parseNotifications(message, cloud.bucket))
    .map(({ key, version }) => studyKeys.uploadReceipt(tenantOfUpload(key), uploadIdOf(key, version)))
  expect(new Set(expectedUploadReceipts).size).toBe(uploads.length)
  const notifications = scramble(captured, random)
  for (const body of poisonJobs) await new SqsJobQueue(cloud.clients.sqs, cloud.routine.url).send(body)
  const uploadedMs = performance.now() - started

  const slotRandom = [1, 2].map((slot) => random.fork(`slot ${slot}`))
  const slots = await Promise.all(
    slotRandom.map((own) => occupySlot(worker.program, cloud, standIn.endpoint, own, budget, lost)),
  )
  proxy.decide = (request) => randomFault(request, random)
  const depths = () =>
    Promise.all(
      [cloud.stat, cloud.routine, cloud.uploads, cloud.statUploads, cloud.routineUploads].map(({ url }) =>
        new SqsJobQueue(cloud.clients.sqs, url).depth(),
      ),
    )
  try {
    const preprocessing = await openPreprocessing(cloud)
    // In waves: the stand-in looks at every message of a queue whenever one is taken.
    const deliver = () => Promise.all([deliverUploads(cloud, preprocessing), deliverUploads(cloud, preprocessing)])
    for (const wave of wavesOf(notifications)) {
      await sendLate(cloud, wave, random)
      await deliver()
      for (let [stat, routine] = await depths(); stat + routine > 150; [stat, routine] = await depths()) {
        await sleep(500)
      }
    }
    while ((await depths()).slice(2).some((depth) => depth > 0)) {
      await deliver()
      await sleep(200)
    }
    while ((await depths()).some((depth) => depth > 0)) await sleep(500)
  } finally {
    await Promise.all(slots.map((slot) => slot.leave()))
  }
  proxy.decide = () => null
  const restMs = performance.now() - started

  // Everything is at rest: what stands now is what stays.
  const store = new S3ObjectStore(cloud.clients.s3, cloud.bucket)
  const versions = await versionsOf(cloud)
  const keys = [...versions.keys()]
  const read = async (key: string): Promise<unknown> => JSON.parse(new TextDecoder().decode(await store.get(key)))
  const readAll = async <T>(pattern: RegExp, parse: (key: string) => Promise<T>): Promise<T[]> => {
    const found: T[] = []
    await forEachConcurrently(
      keys.filter((key) => pattern.test(key)),
      8,
      async (key) => void found.push(await parse(key)),
    )
    return found
  }
  const results = await readAll(/^results\/.*\/result\.json$/, async (key) => ({
    key,
    result: await readResultAt(store, key),
  }))
  const receipts = await readAll(/^usage\/.*\/receipts\//, async (key) => usageReceipt.parse(await read(key)))
  const failures = await readAll(/^failures\/[^/]+\/[^/]+$/, async (key) => failureDocument.parse(await read(key)))
  const dead = [
    ...(await drain(cloud.clients.sqs, cloud.stat.deadLetterUrl)),
    ...(await drain(cloud.clients.sqs, cloud.routine.deadLetterUrl)),
  ]
  const deadJobs = dead.filter((body) => !poisonJobs.includes(body)).map(parseStudyJob)
  const deadUploads = await drain(cloud.clients.sqs, cloud.uploads.deadLetterUrl)
  const events = (await drain(cloud.clients.sqs, cloud.eventsUrl)).map((body) => JSON.parse(body).detail)

  const distinct = [...new Map(uploads.map((upload) => [upload.imageId, upload])).values()]
  const ends = distinct.map(({ tenant, imageId, key, fate }) => {
    const own = results.filter(({ result }) => result.imageId === imageId).map(({ result }) => result)
    const told = failures.filter((failure) => failure.tenant === tenant && failure.imageId === imageId)
    return {
      imageId,
      key,
      fate,
      analysed: own.filter(({ outcome }) => outcome !== 'not-analysed').length,
      rejected: own.filter(({ outcome }) => outcome === 'not-analysed').length,
      dead: new Set(deadJobs.filter((job) => job.imageId === imageId).map((job) => job.imageId)).size,
      told: told.length,
      receipts: receipts.filter((receipt) => receipt.tenant === tenant && receipt.imageId === imageId).length,
      // For whoever reads of a failure.
      outcomes: own.map(({ outcome, reason }) => (reason === null ? outcome : `${reason.code}: ${reason.detail}`)),
      failures: told.map(({ reason, attempts, cause }) => ({ reason, ...attempts, cause })),
    }
  })
  const sum = (counts: Map<string, number>) => [...counts.values()].reduce((total, value) => total + value, 0)
  const seconds = (ms: number) => `${(ms / 1000).toFixed(0)} s`
  console.log(
    [
      `seed ${seed}; uploads in place after ${seconds(uploadedMs)}, everything at rest after ${seconds(restMs)}`,
      `uploads ${uploads.length}, images ${distinct.length}, notifications ${notifications.length}`,
      `kills ${sum(budget.kills)}: ${table(budget.kills)}`,
      `stops ${stops - budget.stopsLeft}; workers ended by poison ${budget.poisoned}`,
      `faults of workers' requests ${sum(budget.faults)}: ${table(budget.faults)}`,
      `results ${results.length}: ${table(tally(results.map(({ result }) => result.outcome)))}`,
      `usage receipts ${receipts.length}, cold ${receipts.filter(({ cold }) => cold).length}`,
      `events ${events.length}, of ${new Set(events.map((event) => event.resultKey)).size} results`,
      `dead letters: images ${deadJobs.length} (${table(tally(failures.map(({ reason }) => reason)))}), poison jobs ${dead.length - deadJobs.length}, poison notifications ${deadUploads.length}`,
    ].join('\n'),
  )

  expect(sum(budget.kills)).toBe(kills)
  expect(budget.stopsLeft).toBe(0)
  expect(budget.surprises).toEqual([])
  // Each image has exactly one end, and the end it must have.
  const wrong = ends.filter(({ fate, analysed, rejected, dead, told, receipts }) => {
    const isDying = fate === 'lost' || fate === 'poison'
    const due = [fate === 'analysed', fate === 'rejected', isDying, isDying, fate === 'analysed']
    return [analysed, rejected, dead, told, receipts].some((count, at) => count !== Number(due[at]))
  })
  expect(wrong).toEqual([])
  expect(failures.filter(({ reason }) => reason === 'prepared-study-missing')).toHaveLength(lost.size)
  // What killed is told apart from what was lost, and from every neighbour.
  const poison = ends.filter(({ fate }) => fate === 'poison').map(({ imageId }) => imageId)
  const killers = failures.filter(({ reason }) => reason === 'ends-its-worker')
  expect(killers.map(({ imageId }) => imageId).sort()).toEqual(poison.sort())
  for (const { attempts } of killers) expect(attempts).toMatchObject({ failed: 0, endedAlone: maximumAttempts })
  // One beside others, then its attempts; as many again where its notification came twice and made two jobs.
  expect(budget.poisoned).toBeLessThanOrEqual(poison.length * (1 + 2 * maximumAttempts))
  // Nothing is there that belongs to nobody.
  const attempts = keys.flatMap((key) => /^failures\/[^/]+\/([^/]+)\/attempts\//.exec(key)?.[1] ?? [])
  const dying = ends.filter((end) => end.dead === 1).map(({ imageId }) => imageId)
  expect(attempts.filter((imageId) => !dying.includes(imageId))).toEqual([])
  expect(results).toHaveLength(ends.filter((end) => end.analysed + end.rejected === 1).length)
  expect(receipts).toHaveLength(ends.filter((end) => end.analysed === 1).length)
  expect(keys.filter((key) => /^results\/[^/]+\/uploads\//.test(key)).sort()).toEqual(expectedUploadReceipts.sort())
  // Results and receipts were written once, by one of those who tried, and tell the same story.
  const oftenWritten = keys.filter((key) => /result\.json$|\/receipts\//.test(key) && versions.get(key) !== 1)
  expect(oftenWritten).toEqual([])
  const byImage = new Map(results.map(({ result }) => [`${result.imageId} ${result.screeningKey}`, result]))
  for (const receipt of receipts) {
    const { analysedAt, timingsMs, outcome } = byImage.get(`${receipt.imageId} ${receipt.screeningKey}`)!
    expect(receipt).toMatchObject({ analysedAt, timingsMs, outcome })
  }
  // Every result was told of, at least once.
  expect(new Set(events.map((event) => event.resultKey))).toEqual(new Set(results.map(({ key }) => key)))
  expect(new Set(dead.filter((body) => poisonJobs.includes(body))).size).toBe(poisonJobs.length)
  expect(deadUploads.sort()).toEqual([...poisonNotifications].sort())
}, 1_800_000)

const waveLength = 100

const wavesOf = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / waveLength) }, (_, wave) =>
    items.slice(waveLength * wave, waveLength * (wave + 1)),
  )

/** Every notification in another order, one in ten twice, poison among them. */
function scramble(bodies: readonly string[], random: SeededRandom): string[] {
  const repeated = bodies.filter(() => random.chance(0.1))
  return shuffle([...bodies, ...repeated, ...poisonNotifications], random)
}

/** Sends notifications, one in five up to 20 s late. */
async function sendLate({ clients: { sqs }, uploads }: Cloud, bodies: readonly string[], random: SeededRandom) {
  for (let start = 0; start < bodies.length; start += 10) {
    const Entries = bodies.slice(start, start + 10).map((MessageBody, index) => {
      const DelaySeconds = random.chance(0.2) ? random.integer(1, 20) : 0
      return { Id: String(index), MessageBody, DelaySeconds }
    })
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: uploads.url, Entries }))
  }
}

/** How often each object was written. */
async function versionsOf({ clients: { s3 }, bucket }: Cloud): Promise<Map<string, number>> {
  const versions = new Map<string, number>()
  const deleted = new Set<string>()
  let place: { KeyMarker?: string; VersionIdMarker?: string } = {}
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, ...place }))
    for (const { Key = '' } of page.Versions ?? []) versions.set(Key, (versions.get(Key) ?? 0) + 1)
    for (const { Key = '', IsLatest } of page.DeleteMarkers ?? []) if (IsLatest) deleted.add(Key)
    if (!page.IsTruncated) break
    place = {
      ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
      ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
    }
  }
  for (const key of deleted) versions.delete(key)
  return versions
}

function tally(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

const table = (counts: Map<string, number>): string =>
  [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
