import { readFile } from 'node:fs/promises'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { loadCascade } from '../../lib/adapters/onnx/load-cascade.ts'
import { defaultModelsFolder } from '../../lib/embedded/package-root.ts'
import { buildInputTensor } from '../../lib/screening/classification/input-tensor.ts'
import { noTurn } from '../../lib/screening/prepared-image/upright.ts'
import { preprocess } from '../../lib/screening/preprocess.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { screen } from '../../lib/screening/screen.ts'
import { isJoint } from './is-joint.ts'
import { median, processorOf, type Sample, sampleOnce, spreadOf, wallOf } from './measure.ts'

const repeats = 15

/** The cascade on a suspected image against bare session.run on ready tensors, one thread, in turns. */
export async function benchCascade(file: string): Promise<string[][]> {
  const codecs = createCodecs()
  const loaded = await loadCascade(defaultModelsFolder, { executionProvider: 'cpu', threads: 1 })
  // Threshold 0: the image is always suspected, so that it is segmented too.
  const cascade = { ...loaded, operatingPoint: { ...loaded.operatingPoint, threshold: 0 } }
  const { prepared, facts } = await preprocess(await readFile(file), codecs, defaultSuitabilityPolicy, systemClock)
  const { classifier, segmenter } = cascade
  const forClassifier = buildInputTensor(prepared, noTurn, classifier.bundle.input)
  const forSegmenter = buildInputTensor(prepared, noTurn, segmenter.bundle.input)
  const bare: Sample[] = []
  const whole: Sample[] = []
  for (let index = 0; index < repeats + 2; index++) {
    const networks = await sampleOnce(async () => {
      await classifier.session.run(forClassifier)
      if (!isJoint(cascade)) await segmenter.session.run(forSegmenter)
    })
    const all = await sampleOnce(() => screen(prepared, facts, cascade, systemClock))
    if (index < 2) continue
    bare.push(networks)
    whole.push(all)
  }
  await codecs.close()
  const overhead = (of: typeof wallOf): string => `${(100 * (median(of(whole)) / median(of(bare)) - 1)).toFixed(1)} %`
  const networks = isJoint(cascade) ? 'one network for both' : 'both networks'
  return [
    [`bare session.run, ${networks}, processor`, spreadOf(processorOf(bare))],
    ['cascade: tensors, networks, post-processing, mask, measurements, processor', spreadOf(processorOf(whole))],
    ['overhead, processor', overhead(processorOf)],
    [`bare session.run, ${networks}, wall`, spreadOf(wallOf(bare))],
    ['cascade, wall', spreadOf(wallOf(whole))],
    ['overhead, wall', overhead(wallOf)],
  ]
}
