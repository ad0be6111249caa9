import { loadCascade } from '../../lib/adapters/onnx/load-cascade.ts'
import { defaultModelsFolder } from '../../lib/embedded/package-root.ts'
import { buildInputTensor } from '../../lib/screening/classification/input-tensor.ts'
import type { Tensor } from '../../lib/screening/kernel/tensor.ts'
import { turnOf } from '../../lib/screening/prepared-image/upright.ts'
import type { Preprocessed } from '../../lib/screening/preprocess.ts'
import { isJoint } from './is-joint.ts'
import { openWorker } from './open-worker.ts'

/**
 * The cloud worker on prepared images, a folder for bucket and queues, against the same networks run bare on ready
 * tensors; both with one thread for inference. Busy: the share of the wall time in which a network ran.
 */
export async function benchWorker(studies: readonly Preprocessed[], images = 96): Promise<string[][]> {
  const bareMs = await timeBare(studies, images)
  const { wallMs, busyMs } = await timeWorker(studies, images)
  const perSecond = (ms: number): string => `${((1000 * images) / ms).toFixed(1)} images/s`
  return [
    [`bare session.run of what a suspected image needs, ${images} images`, perSecond(bareMs)],
    ['worker: fetch, decode, tensors, networks, pictures, documents, receipts', perSecond(wallMs)],
    ['worker against bare', `${((100 * bareMs) / wallMs).toFixed(0)} %`],
    ['a network was running', `${((100 * busyMs) / wallMs).toFixed(0)} % of the time`],
  ]
}

async function timeBare(studies: readonly Preprocessed[], images: number): Promise<number> {
  const settings = { executionProvider: 'cpu', threads: 1 } as const
  const { classifier, segmenter } = await loadCascade(defaultModelsFolder, settings)
  const tensors = studies.map(({ prepared, facts }): [Tensor, Tensor] => {
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
      if (!isJoint({ classifier, segmenter })) await segmenter.session.run(forSegmenter)
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

async function timeWorker(studies: readonly Preprocessed[], images: number) {
  const worker = await openWorker(studies, { maximumBatch: 8 })
  for (const imageId of await worker.lay(4)) await worker.enqueue(imageId)
  await worker.work(0)
  for (const imageId of await worker.lay(images)) await worker.enqueue(imageId)
  const busyBefore = worker.busyMs()
  const started = performance.now()
  await worker.work(0)
  const wallMs = performance.now() - started
  const busyMs = worker.busyMs() - busyBefore
  await worker.close()
  return { wallMs, busyMs }
}
