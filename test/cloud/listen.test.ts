import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { listen } from '../../lib/embedded/listen.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { explicitLittle, Peer, radiographs } from '../dicom-network/pdus.ts'
import { buildDicom } from '../radiograph/build-dicom.ts'
import { type Cloud, createCloud } from './harness/create-cloud.ts'
import { type FaultProxy, startFaultProxy } from './harness/fault-proxy.ts'
import { deliverUploads, openPreprocessing } from './harness/run-preprocess.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'

let standIn: StandIn
let proxy: FaultProxy
let cloud: Cloud
beforeAll(async () => {
  standIn = await startStandIn()
  proxy = await startFaultProxy(standIn.endpoint)
  cloud = await createCloud(standIn.endpoint, { s3Endpoint: proxy.endpoint })
})
afterAll(async () => {
  await proxy.stop()
  await standIn.stop()
})

/** The data set of a radiograph, as a sender has it: without preamble and meta group. */
const dataSetOf = (instance: string): Buffer =>
  Buffer.from(buildDicom({ bare: true, transferSyntax: explicitLittle, elements: [[0x0008, 0x0018, 'UI', instance]] }))

/** A gateway over `outDir`, until `stop`. */
async function openGateway(outDir: string): Promise<{ port: number; stop: () => Promise<void> }> {
  const end = new AbortController()
  let running: Promise<void> | null = null
  const port = await new Promise<number>((resolve, reject) => {
    running = listen({
      outDir,
      host: '127.0.0.1',
      dicomPort: 0,
      stowPort: null,
      aeTitle: 'PLEURA',
      callingAeTitles: null,
      peers: null,
      tls: null,
      maximumAssociations: 4,
      maximumObjectBytes: 2 ** 24,
      keepFreeBytes: 0,
      idleMs: 10_000,
      intervalMs: 20,
      concurrency: 2,
      destination: {
        kind: 'bucket',
        store: new S3ObjectStore(cloud.clients.s3, cloud.bucket),
        tenant: 'north',
        lane: 'routine',
        onUploaded() {},
      },
      log() {},
      signal: end.signal,
      onListening: ({ dicom }) => resolve(dicom),
    })
    running.catch(reject)
  })
  return {
    port,
    async stop() {
      end.abort()
      await running
    },
  }
}

it('puts what it receives into the bucket, where preprocessing finds it, once the network is back', async () => {
  const outDir = await mkdtemp(join(tmpdir(), 'pleura-gateway-'))
  const received = () => readdir(join(outDir, 'received'))
  proxy.decide = ({ method }) => (method === 'PUT' ? { kind: 'reset' } : null)
  const gateway = await openGateway(outDir)
  const peer = await Peer.associate(gateway.port, [radiographs])
  for (const instance of ['1.1', '1.2', '1.3', '1.2']) {
    expect(await peer.store(dataSetOf(instance), { sopInstanceUid: instance })).toBe(0)
  }
  expect(await received()).toHaveLength(3)
  const files = await Promise.all((await received()).map((name) => readFile(join(outDir, 'received', name))))
  peer.socket.destroy()
  await gateway.stop()

  // One answer is lost: the put is repeated, and changes nothing.
  let lost = false
  proxy.decide = ({ method }) => {
    if (method !== 'PUT' || lost) return null
    lost = true
    return { kind: 'lost-answer' }
  }
  const again = await openGateway(outDir)
  await vi.waitFor(async () => expect(await received()).toEqual([]), { timeout: 30_000 })
  await again.stop()
  const store = new S3ObjectStore(cloud.clients.s3, cloud.bucket)
  const keys: string[] = []
  for await (const key of store.list('uploads/north/')) keys.push(key)
  expect(keys).toEqual(files.map((file) => `uploads/north/${imageIdOf(file)}.dcm`).sort())
  for (const file of files) {
    expect(Buffer.from(await store.get(`uploads/north/${imageIdOf(file)}.dcm`)).equals(file)).toBe(true)
  }

  const preprocessing = await openPreprocessing(cloud)
  while ((await deliverUploads(cloud, preprocessing)) > 0) {
    // Until nothing is left.
  }
  const receipts: { outcome: string; imageId: string }[] = []
  for await (const key of store.list('results/north/uploads/')) {
    receipts.push(JSON.parse(Buffer.from(await store.get(key)).toString()))
  }
  expect(receipts.map(({ outcome }) => outcome)).toEqual(['queued', 'queued', 'queued'])
  expect(receipts.map(({ imageId }) => imageId).sort()).toEqual(files.map(imageIdOf).sort())
})
