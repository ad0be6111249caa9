import { loadCascade } from '../../lib/adapters/onnx/load-cascade.ts'
import { defaultModelsFolder } from '../../lib/embedded/package-root.ts'
import { buildInputTensor } from '../../lib/screening/classification/input-tensor.ts'
import type { Tensor } from '../../lib/screening/kernel/tensor.ts'
import { turnOf } from '../../lib/screening/prepared-image/upright.ts'
import type { Preprocessed } from '../../lib/screening/preprocess.ts'
import { isJoint } from './is-joint.ts'
import { ms, type Sample, sampleOnce } from './measure.ts'
import { openWorker } from './open-worker.ts'

/**
 * The cloud worker on prepared images, a folder for bucket and queues, against the same networks run bare on ready
 * tensors; both with one thread for inference. Processor time is that of all threads of the process: what a neighbour
 * takes of the machine is not in it. Busy: the share of the wall time in which a network ran.
 */
export async function benchWorker(studies: readonly Preprocessed[], images = 96): Promise<string[][]> {
  const bare = await timeBare(studies, images)
  const { busyMs, ...worker } = await timeWorker(studies, images)
  const of = ({ wall, processor }: Sample): string =>
    `${((1000 * images) / wall).toFixed(1)} images/s, ${ms(processor / images)} of processor time each`
  return [
    [`bare session.run of what a suspected image needs, ${images} images`, of(bare)],
    ['worker: fetch, decode, tensors, networks, pictures, documents, receipts', of(worker)],
    ['worker against bare, processor', `${(worker.processor / bare.processor).toFixed(2)} ×`],
    ['a network was running', `${((100 * busyMs) / worker.wall).toFixed(0)} % of the time`],
  ]
}

async function timeBare(studies: readonly Preprocessed[], images: number): Promise<Sample> {
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
  const took = await sampleOnce(() => run(images))
  await classifier.session.close()
  await segmenter.session.close()
  return took
}

async function timeWorker(studies: readonly Preprocessed[], images: number) {
  const worker = await openWorker(studies, { maximumBatch: 8 })
  for (const imageId of await worker.lay(4)) await worker.enqueue(imageId)
  await worker.work(0)
  for (const imageId of await worker.lay(images)) await worker.enqueue(imageId)
  const busyBefore = worker.busyMs()
  const took = await sampleOnce(() => worker.work(0))
  const busyMs = worker.busyMs() - busyBefore
  await worker.close()
  return { ...took, busyMs }
}
