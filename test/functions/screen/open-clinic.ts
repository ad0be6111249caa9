import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failureDocument } from '../../../functions/screen/failure-document.ts'
import { MachineTime } from '../../../functions/screen/machine-time.ts'
import { StudyDocuments } from '../../../functions/screen/study-documents.ts'
import { verifyCascade } from '../../../functions/screen/verify-cascade.ts'
import { type WorkerParts, type WorkerSettings, workThrough } from '../../../functions/screen/work-through.ts'
import { createOperationalLog } from '../../../lib/adapters/aws/operational-log.ts'
import { createCodecs } from '../../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../../lib/adapters/codecs/create-document-tools.ts'
import { FolderJobQueue } from '../../../lib/adapters/embedded/folder-job-queue.ts'
import { FolderObjectStore } from '../../../lib/adapters/embedded/folder-object-store.ts'
import { systemClock } from '../../../lib/adapters/embedded/system-clock.ts'
import { loadCascade } from '../../../lib/adapters/onnx/load-cascade.ts'
import { builtProgram } from '../../../lib/embedded/package-root.ts'
import type { Clock, InferenceSession, ObjectStore, StudyEvent } from '../../../lib/screening/kernel/ports.ts'
import { preprocess } from '../../../lib/screening/preprocess.ts'
import { defaultSuitabilityPolicy } from '../../../lib/screening/radiograph/suitability.ts'
import { type ResultDocument, resultDocument } from '../../../lib/screening/result-documents/result-document.ts'
import { preparationKeyOf } from '../../../lib/screening/result-documents/screening-key.ts'
import { maximumDeliveries } from '../../../lib/screening/screening-job/delivery-limits.ts'
import { writePreparedStudy } from '../../../lib/screening/screening-job/prepared-study.ts'
import { buildStudyJob } from '../../../lib/screening/screening-job/study-job.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import { type Lane, tenant } from '../../../lib/screening/screening-job/tenant.ts'
import { drawPicture } from './draw-picture.ts'

export const tinyModels = resolve(import.meta.dirname, '../../fixtures/models')
/** The preparation key of this release. */
export const preparation = preparationKeyOf(defaultSuitabilityPolicy)
const codecs = createCodecs()
const documentsProgram = pathToFileURL(builtProgram('functions/screen/documents-program.ts'))
const documents = new StudyDocuments(documentsProgram, createDocumentTools(codecs), systemClock)

/** Bucket, queues, bus and tenants in a folder, and all that a worker needs to work there. */
export async function openClinic({ maximumReceives = maximumDeliveries } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'pleura-clinic-'))
  const store: ObjectStore = new FolderObjectStore(join(folder, 'bucket'))
  let passedMs = 0
  const clock: Clock = {
    now: () => systemClock.now() + passedMs,
    monotonic: () => systemClock.monotonic() + passedMs,
  }
  const queueOf = (lane: Lane) => new FolderJobQueue(join(folder, lane), { maximumReceives, clock })
  const queues = { stat: queueOf('stat'), routine: queueOf('routine') }
  const events: [string, StudyEvent][] = []
  const lines: string[] = []
  const tenants = new Map(
    [
      { id: 'north' },
      { id: 'plain', deliverMask: false },
      { id: 'contradictory', deliverMask: false, documents: ['mask', 'overlay', 'heat-map'] },
      { id: 'keen', operatingPoint: 'everything' },
      { id: 'astray', operatingPoint: 'none-such' },
    ].map((settings) => [settings.id, tenant.parse(settings)]),
  )
  const parts: WorkerParts = {
    queues,
    store,
    events: {
      emit: async (type, detail) => {
        events.push([type, detail])
      },
    },
    codecs,
    clock: systemClock,
    cascade: await loadCascade(tinyModels, { executionProvider: 'cpu', threads: 1 }),
    tenantOf: async (id) => tenants.get(id),
    documents,
    machineTime: new MachineTime(1234),
    hourlyCostUsd: 3.6,
    softwareVersion: '0.0.0',
    maximumReceives,
    firstRetryMs: 0,
    verify: () => Promise.resolve(),
    telemetry: createOperationalLog('screen', (line) => lines.push(line)),
    beat() {},
  }

  const textOf = async (key: string): Promise<string> => new TextDecoder().decode(await store.get(key))
  const keysBelow = async (prefix: string): Promise<string[]> => {
    const keys: string[] = []
    for await (const key of store.list(prefix)) keys.push(key)
    return keys
  }
  return {
    store,
    queues,
    events,
    lines,
    parts,
    keysBelow,
    textOf,
    /** Lets `ms` pass for the queues, while nobody works. */
    pass(ms: number): void {
      passedMs += ms
    },
    send: (tenantId: string, imageId: string, lane: Lane = 'routine', by = preparation) =>
      queues[lane].send(buildStudyJob({ tenant: tenantId, imageId, preparation: by, lane, enqueuedAt: Date.now() })),
    /** What preprocessing leaves behind. */
    async prepare(
      imageId: string,
      { tenant = 'north', bright = true, seed = 0, by = preparation, studyInstanceUid = null as string | null } = {},
    ) {
      const source = await drawPicture(seed, bright)
      const preprocessed = await preprocess(source, codecs, defaultSuitabilityPolicy, systemClock)
      await writePreparedStudy(
        store,
        codecs,
        { tenant, imageId, preparation: by },
        {
          ...preprocessed,
          facts: { ...preprocessed.facts, studyInstanceUid },
          timingsMs: { ...preprocessed.timingsMs },
          sizeBytes: source.byteLength,
        },
      )
    },
    work: (changes: Partial<WorkerParts> = {}, settings: Partial<WorkerSettings> = {}, stopping?: AbortSignal) =>
      workThrough(
        {
          ...parts,
          verify: () => verifyCascade(tinyModels, changes.cascade ?? parts.cascade, codecs),
          ...changes,
        },
        { maximumUnderWay: 4, visibilityMs: 10_000, idleExitMs: 0, ...settings },
        stopping ?? new AbortController().signal,
      ),
    async results(): Promise<ResultDocument[]> {
      const keys = (await keysBelow('results/')).filter((key) => key.endsWith('/result.json'))
      return Promise.all(keys.map(async (key) => resultDocument.parse(JSON.parse(await textOf(key)))))
    },
  }
}

export type Clinic = Awaited<ReturnType<typeof openClinic>>

export const imageIdOfNumber = (number: number): string => number.toString(16).padStart(32, '0')

/** Runs `before` ahead of every run of a network. */
export const interpose = (session: InferenceSession, before: () => Promise<void>): InferenceSession => ({
  run: async (input) => {
    await before()
    return session.run(input)
  },
  close: () => session.close(),
})

/** What is written of the failure of an image. */
export const failureOf = async (clinic: Clinic, imageId: string, tenant = 'north') =>
  failureDocument.parse(JSON.parse(await clinic.textOf(studyKeys.failure(tenant, imageId))))

/** The cascade with something done ahead of every classification. */
export const withSlowClassifier = ({ parts: { cascade } }: Clinic, before: () => Promise<void>) => ({
  ...cascade,
  classifier: { ...cascade.classifier, session: interpose(cascade.classifier.session, before) },
})
