import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Admissions } from '../../../functions/preprocess/admissions.ts'
import { createHandler, type HandlerParts } from '../../../functions/preprocess/handler.ts'
import { createOperationalLog } from '../../../lib/adapters/aws/operational-log.ts'
import { createCodecs } from '../../../lib/adapters/codecs/create-codecs.ts'
import { FolderObjectStore } from '../../../lib/adapters/embedded/folder-object-store.ts'
import { systemClock } from '../../../lib/adapters/embedded/system-clock.ts'
import { readCascadeModels } from '../../../lib/adapters/onnx/read-bundle.ts'
import type { StudyEvent } from '../../../lib/screening/kernel/ports.ts'
import { defaultSuitabilityPolicy } from '../../../lib/screening/radiograph/suitability.ts'
import { expectScreeningKey } from '../../../lib/screening/result-documents/screening-key.ts'
import { parseStudyJob, type StudyJob } from '../../../lib/screening/screening-job/study-job.ts'
import { type Lane, type Tenant, tenant } from '../../../lib/screening/screening-job/tenant.ts'
import { buildUploadJob, parseUploadJob, type UploadJob } from '../../../lib/screening/screening-job/upload-job.ts'
import { type UploadReceipt, uploadReceipt } from '../../../lib/screening/screening-job/upload-receipt.ts'
import { tinyModels } from '../screen/open-clinic.ts'

const bucket = 'studies'

/** Preprocessing with bucket, queues, bus and clock in a folder and in memory; nothing is sent anywhere. */
export async function openReception(settings: Partial<Tenant> = {}) {
  const store = new FolderObjectStore(await mkdtemp(join(tmpdir(), 'pleura-reception-')))
  const models = await readCascadeModels(tinyModels)
  const clinic = tenant.parse({ id: 'north', lanes: ['stat', 'routine'], ...settings })
  const clock = { ...systemClock, nowMs: Date.UTC(2026, 10, 3), now: () => clock.nowMs }
  const objects = new Map<string, Uint8Array>()
  const jobs: StudyJob[] = []
  const events: StudyEvent[] = []
  const lines: string[] = []
  const waiting: Record<Lane, { job: UploadJob; delayMs: number }[]> = { stat: [], routine: [] }
  const putOffMs: number[] = []
  const putOff = async (_: string, delayMs: number) => void putOffMs.push(delayMs)
  const queueOf = () => ({ send: async (body: string) => void jobs.push(parseStudyJob(body)) })
  const laneOf = (lane: Lane) => ({
    send: async (job: Omit<UploadJob, 'schemaVersion'>, { delayMs = 0 }) => {
      waiting[lane].push({ job: parseUploadJob(buildUploadJob(job)) as UploadJob, delayMs })
    },
    putOff,
  })
  const parts: HandlerParts = {
    store,
    readUpload: async ({ key, version }) => objects.get(`${key} ${version}`) ?? new Uint8Array(),
    queues: { stat: queueOf(), routine: queueOf() },
    notifications: { putOff },
    uploads: { stat: laneOf('stat'), routine: laneOf('routine') },
    firstRetryMs: 2_000,
    events: { emit: async (_, detail) => void events.push(detail) },
    codecs: createCodecs(),
    clock,
    tenantOf: async (id) => (id === clinic.id ? clinic : undefined),
    screeningKeyOf: (tenant, preparation) => expectScreeningKey(models, tenant, preparation),
    admissions: new Admissions(store, clock),
    policy: defaultSuitabilityPolicy,
    maximumUploadBytes: 16 * 1024 * 1024,
    softwareVersion: '0.0.0',
    telemetry: createOperationalLog('preprocess', (line) => lines.push(line)),
  }
  let versions = 0
  let messages = 0
  const deliver = async (body: string, changes: Partial<HandlerParts>, deliveries = 1) => {
    const attributes = { ApproximateReceiveCount: String(deliveries) }
    const { batchItemFailures } = await createHandler(bucket, { ...parts, ...changes })({
      Records: [{ body, messageId: String(messages++), receiptHandle: 'receipt', attributes }],
    } as never)
    return batchItemFailures.length === 0
  }
  const keysBelow = async (prefix: string): Promise<string[]> => {
    const keys: string[] = []
    for await (const key of store.list(prefix)) keys.push(key)
    return keys
  }
  return {
    parts,
    clock,
    jobs,
    events,
    lines,
    waiting,
    /** For how long failed messages were put off. Unit: ms. */
    putOffMs,
    keysBelow,
    /** Puts an object; S3's notification is sorted into its lane. @returns whether the message was handled */
    put: (key: string, body: Uint8Array, changes: Partial<HandlerParts> = {}, deliveries = 1) => {
      const version = `v${versions++}`
      objects.set(`${key} ${version}`, body)
      const object = { key: encodeURIComponent(key), size: body.byteLength, eTag: 'e', versionId: version }
      const s3 = { bucket: { name: bucket }, object }
      return deliver(JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Put', s3 }] }), changes, deliveries)
    },
    /** Takes the oldest upload out of a lane. @returns whether the message was handled */
    work: (lane: Lane, changes: Partial<HandlerParts> = {}, deliveries = 1) => {
      const { job } = waiting[lane].shift() as { job: UploadJob }
      return deliver(JSON.stringify(job), changes, deliveries)
    },
    receipts: async (): Promise<UploadReceipt[]> =>
      Promise.all(
        (await keysBelow('results/north/uploads/')).map(async (key) =>
          uploadReceipt.parse(JSON.parse(new TextDecoder().decode(await store.get(key)))),
        ),
      ),
  }
}

export type Reception = Awaited<ReturnType<typeof openReception>>
