import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startInferenceThread } from '../../functions/screen/inference-thread.ts'
import { MachineTime } from '../../functions/screen/machine-time.ts'
import { workThrough } from '../../functions/screen/work-through.ts'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { loadTypeface } from '../../lib/adapters/codecs/load-typeface.ts'
import { FolderJobQueue } from '../../lib/adapters/embedded/folder-job-queue.ts'
import { FolderObjectStore } from '../../lib/adapters/embedded/folder-object-store.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { loadCascade } from '../../lib/adapters/onnx/load-cascade.ts'
import { builtProgram, defaultModelsFolder } from '../../lib/cli/package-root.ts'
import { buildInputTensor } from '../../lib/screening/classification/input-tensor.ts'
import type { InferenceSession } from '../../lib/screening/kernel/ports.ts'
import type { Tensor } from '../../lib/screening/kernel/tensor.ts'
import { turnOf } from '../../lib/screening/prepared-image/upright.ts'
import { type Preprocessed, preprocess } from '../../lib/screening/preprocess.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import type { Cascade } from '../../lib/screening/screen.ts'
import { writePreparedStudy } from '../../lib/screening/screening-job/prepared-study.ts'
import { buildStudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { tenant } from '../../lib/screening/screening-job/tenant.ts'

const settings = { modelsFolder: defaultModelsFolder, executionProvider: 'cpu', threads: 1 } as const

/**
 * The cloud worker on prepared images, a folder for bucket and queues, against the same networks run bare on ready
 * tensors; both with one thread for inference. Busy: the share of the wall time in which a network ran.
 */
export async function benchWorker(files: readonly string[], images = 96): Promise<string[][]> {
  const codecs = createCodecs()
  const prepared = await Promise.all(
    files.map(async (file) => preprocess(await readFile(file), codecs, defaultSuitabilityPolicy, systemClock)),
  )
  const bareMs = await timeBare(prepared, images)
  const { wallMs, busyMs } = await timeWorker(prepared, images, codecs)
  await codecs.close()
  const perSecond = (ms: number): string => `${((1000 * images) / ms).toFixed(1)} images/s`
  return [
    [`bare session.run, both networks, ${images} images`, perSecond(bareMs)],
    ['worker: fetch, decode, tensors, networks, pictures, documents, receipts', perSecond(wallMs)],
    ['worker against bare', `${((100 * bareMs) / wallMs).toFixed(0)} %`],
    ['a network was running', `${((100 * busyMs) / wallMs).toFixed(0)} % of the time`],
  ]
}

/** Threshold 0: every image is suspected, so that both networks run and pictures are drawn. */
const suspectingAll = (cascade: Cascade): Cascade => ({
  ...cascade,
  operatingPoint: { ...cascade.operatingPoint, threshold: 0 },
})

async function timeBare(prepared: readonly Preprocessed[], images: number): Promise<number> {
  const { classifier, segmenter } = await loadCascade(settings.modelsFolder, settings)
  const tensors = prepared.map(({ prepared, facts }): [Tensor, Tensor] => {
    const turn = turnOf(facts.patientOrientation)
    return [
      buildInputTensor(prepared, turn, classifier.bundle.input),
      buildInputTensor(prepared, turn, segmenter.bundle.input),
    ]
  })
  const run = async (count: number): Promise<void> => {
    for (let image = 0; image < count; image++) {
      const [forClassifier, forSegmenter] = tensors[image % tensors.length]
      await classifier.session.run(forClassifier)
      await segmenter.session.run(forSegmenter)
    }
  }
  await run(4)
  const started = performance.now()
  await run(images)
  const tookMs = performance.now() - started
  await classifier.session.close()
  await segmenter.session.close()
  return tookMs
}

async function timeWorker(prepared: readonly Preprocessed[], images: number, codecs: ReturnType<typeof createCodecs>) {
  const folder = await mkdtemp(join(tmpdir(), 'pleura-bench-'))
  const store = new FolderObjectStore(join(folder, 'bucket'))
  const queueOf = (lane: string) => new FolderJobQueue(join(folder, lane), { maximumReceives: 3, clock: systemClock })
  const queues = { stat: queueOf('stat'), routine: queueOf('routine') }
  const program = pathToFileURL(builtProgram('functions/screen/inference-program.ts'))
  const cascade = suspectingAll(await startInferenceThread(program, settings))
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
  const send = async (first: number, count: number): Promise<void> => {
    for (let image = first; image < first + count; image++) {
      const imageId = image.toString(16).padStart(32, '0')
      const study = { ...prepared[image % prepared.length], sizeBytes: 0 }
      await writePreparedStudy(store, codecs, 'north', imageId, { ...study, timingsMs: { ...study.timingsMs } })
      const body = buildStudyJob({ tenant: 'north', imageId, lane: 'routine', enqueuedAt: Date.now() })
      await queues.routine.send(body)
    }
  }
  const work = () =>
    workThrough(
      {
        queues,
        store,
        events: { emit: async () => {} },
        codecs,
        clock: systemClock,
        cascade: {
          ...cascade,
          classifier: { ...cascade.classifier, session: watched(cascade.classifier.session) },
          segmenter: { ...cascade.segmenter, session: watched(cascade.segmenter.session) },
        },
        policy: defaultSuitabilityPolicy,
        tenantOf: async (id) => tenant.parse({ id }),
        typeface: loadTypeface(),
        machineTime: new MachineTime(0),
        hourlyCostUsd: 0,
        softwareVersion: '0.0.0',
        maximumReceives: 3,
        telemetry: { log() {}, metric() {} },
        beat() {},
      },
      { maximumUnderWay: 4, visibilityMs: 60_000, idleExitMs: 0 },
      new AbortController().signal,
    )
  await send(0, 4)
  await work()
  await send(4, images)
  busyMs = 0
  const started = performance.now()
  await work()
  const wallMs = performance.now() - started
  await cascade.classifier.session.close()
  return { wallMs, busyMs }
}
