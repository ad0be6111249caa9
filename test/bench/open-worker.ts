import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MachineTime } from '../../functions/screen/machine-time.ts'
import { openCascade } from '../../functions/screen/open-cascade.ts'
import { StudyDocuments } from '../../functions/screen/study-documents.ts'
import { workThrough } from '../../functions/screen/work-through.ts'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../lib/adapters/codecs/create-document-tools.ts'
import { FolderJobQueue } from '../../lib/adapters/embedded/folder-job-queue.ts'
import { FolderObjectStore } from '../../lib/adapters/embedded/folder-object-store.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { builtProgram, defaultModelsFolder } from '../../lib/embedded/package-root.ts'
import type { InferenceSession } from '../../lib/screening/kernel/ports.ts'
import type { Preprocessed } from '../../lib/screening/preprocess.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { preparationKeyOf } from '../../lib/screening/result-documents/screening-key.ts'
import { writePreparedStudy } from '../../lib/screening/screening-job/prepared-study.ts'
import { buildStudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { tenant } from '../../lib/screening/screening-job/tenant.ts'

const preparation = preparationKeyOf(defaultSuitabilityPolicy)

export interface BenchedWorker {
  /** Lays `count` prepared studies down. @returns their image ids */
  lay(count: number): Promise<string[]>
  enqueue(imageId: string): Promise<void>
  /** Works the queues until they have been empty for so long. */
  work(idleExitMs: number): Promise<void>
  /** When each image's event was emitted, its result being written. Unit: ms of performance.now(). */
  readonly finishedAt: ReadonlyMap<string, number>
  /** How long a network has been running so far. Unit: ms. */
  busyMs(): number
  /** How many images each batch held so far. */
  readonly batches: number[]
  close(): Promise<void>
}

/**
 * The cloud worker as it is deployed, except that folders stand for bucket and queues: its inference thread, batches,
 * codecs, documents and receipts. Threshold 0: every image is suspected, so that it is segmented and pictures are drawn, the most that an image can ask for.
 */
export async function openWorker(
  studies: readonly Preprocessed[],
  { maximumBatch }: { maximumBatch: number },
): Promise<BenchedWorker> {
  const folder = await mkdtemp(join(tmpdir(), 'pleura-bench-'))
  const codecs = createCodecs()
  const store = new FolderObjectStore(join(folder, 'bucket'))
  const queueOf = (lane: string) => new FolderJobQueue(join(folder, lane), { maximumReceives: 3, clock: systemClock })
  const queues = { stat: queueOf('stat'), routine: queueOf('routine') }
  const batches: number[] = []
  const { cascade, verify } = await openCascade(
    pathToFileURL(builtProgram('functions/screen/inference-program.ts')),
    {
      modelsFolder: defaultModelsFolder,
      executionProvider: 'cpu',
      threads: 1,
      maximumBatch,
      onBatch: (inputs) => batches.push(inputs),
    },
    codecs,
  )
  let busyMs = 0
  let running = 0
  let since = 0
  const watched = (session: InferenceSession): InferenceSession => ({
    async run(input) {
      if (running++ === 0) since = performance.now()
      const outputs = await session.run(input)
      if (--running === 0) busyMs += performance.now() - since
      return outputs
    },
    close: () => session.close(),
  })
  const documentsProgram = pathToFileURL(builtProgram('functions/screen/documents-program.ts'))
  const documents = new StudyDocuments(documentsProgram, createDocumentTools(codecs), systemClock)
  const finishedAt = new Map<string, number>()
  let laid = 0
  const parts = {
    queues,
    store,
    events: {
      emit: async (_: string, { imageId }: { imageId: string }) => void finishedAt.set(imageId, performance.now()),
    },
    codecs,
    clock: systemClock,
    cascade: {
      classifier: { ...cascade.classifier, session: watched(cascade.classifier.session) },
      segmenter: { ...cascade.segmenter, session: watched(cascade.segmenter.session) },
      operatingPoint: { ...cascade.operatingPoint, threshold: 0 },
    },
    tenantOf: async (id: string) => tenant.parse({ id }),
    documents,
    machineTime: new MachineTime(0),
    hourlyCostUsd: 0,
    softwareVersion: '0.0.0',
    maximumReceives: 3,
    firstRetryMs: 0,
    verify,
    telemetry: { log() {}, metric() {} },
    beat() {},
  }
  return {
    async lay(count) {
      const imageIds: string[] = []
      for (let image = 0; image < count; image++) {
        const imageId = (laid++).toString(16).padStart(32, '0')
        const study = studies[image % studies.length]
        await writePreparedStudy(
          store,
          codecs,
          { tenant: 'north', imageId, preparation },
          {
            ...study,
            sizeBytes: 0,
            timingsMs: { ...study.timingsMs },
          },
        )
        imageIds.push(imageId)
      }
      return imageIds
    },
    enqueue: (imageId) =>
      queues.routine.send(
        buildStudyJob({ tenant: 'north', imageId, preparation, lane: 'routine', enqueuedAt: Date.now() }),
      ),
    work: (idleExitMs) =>
      workThrough(
        parts,
        // As functions/screen/main.ts sets it.
        { maximumUnderWay: 2 * maximumBatch + 2, visibilityMs: 60_000, idleExitMs },
        new AbortController().signal,
      ),
    finishedAt,
    busyMs: () => busyMs,
    batches,
    async close() {
      await cascade.classifier.session.close()
      await documents.close()
      await codecs.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
