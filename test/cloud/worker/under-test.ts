import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { failureDocument } from '../../../functions/screen/failure-document.ts'
import { S3ObjectStore } from '../../../lib/adapters/aws/s3-object-store.ts'
import { imageIdOf } from '../../../lib/screening/kernel/identifiers.ts'
import { readResultAt } from '../../../lib/screening/result-documents/write-result.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import { usageReceipt } from '../../../lib/screening/usage/usage-receipt.ts'
import { drawPicture } from '../../functions/screen/draw-picture.ts'
import { type Cloud, createCloud, drain } from '../harness/create-cloud.ts'
import { type FaultProxy, startFaultProxy } from '../harness/fault-proxy.ts'
import { deliverUploads, openPreprocessing } from '../harness/run-preprocess.ts'
import { type StandIn, startStandIn } from '../harness/start-stand-in.ts'
import { type BuiltWorker, buildWorker } from './build-worker.ts'
import { type RunningWorker, startWorker } from './start-worker.ts'

/* A stand-in, a proxy before it and the built worker, for every test file that imports this. */

export let standIn: StandIn
export let proxy: FaultProxy
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
export function start(cloud: Cloud, changes: Parameters<typeof startWorker>[3] = {}): RunningWorker {
  const started = startWorker(worker.program, cloud, proxy.endpoint, changes)
  running.push(started)
  return started
}

/** Works until the queues are empty; the last worker must end by itself. */
export async function workAll(cloud: Cloud, changes: Parameters<typeof startWorker>[3] = {}): Promise<RunningWorker> {
  const started = start(cloud, changes)
  expect(await started.ended, started.lines.join('\n')).toBe(0)
  return started
}

export const upload = (cloud: Cloud, key: string, body: Uint8Array) =>
  cloud.clients.s3.send(new PutObjectCommand({ Bucket: cloud.bucket, Key: key, Body: body }))

/** A cloud in which one bright picture waits for the worker. @returns its imageId too */
export async function withOneJob(
  options: Parameters<typeof createCloud>[1] = {},
): Promise<{ cloud: Cloud; imageId: string }> {
  const cloud = await createCloud(standIn.endpoint, options)
  const picture = await drawPicture(1, true)
  await upload(cloud, 'uploads/north/1.png', picture)
  await deliverUploads(cloud, await openPreprocessing(cloud))
  return { cloud, imageId: imageIdOf(picture) }
}

/** All that a cloud says of its images once everything has come to rest. */
export async function findings(cloud: Cloud) {
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
export async function expectOneResult(cloud: Cloud, imageId: string): Promise<void> {
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
