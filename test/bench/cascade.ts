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
import { median, ms } from './measure.ts'

const repeats = 15

/** The cascade on a suspected image against bare session.run on ready tensors, one thread, in turns. */
export async function benchCascade(file: string): Promise<string[][]> {
  const codecs = createCodecs()
  const loaded = await loadCascade(defaultModelsFolder, { executionProvider: 'cpu', threads: 1 })
  // Threshold 0: the image is always suspected, so that both networks run.
  const cascade = { ...loaded, operatingPoint: { ...loaded.operatingPoint, threshold: 0 } }
  const { prepared, facts } = await preprocess(await readFile(file), codecs, defaultSuitabilityPolicy, systemClock)
  const { classifier, segmenter } = cascade
  const forClassifier = buildInputTensor(prepared, noTurn, classifier.bundle.input)
  const forSegmenter = buildInputTensor(prepared, noTurn, segmenter.bundle.input)
  const bare: number[] = []
  const whole: number[] = []
  for (let index = 0; index < repeats + 2; index++) {
    const started = performance.now()
    await classifier.session.run(forClassifier)
    await segmenter.session.run(forSegmenter)
    const between = performance.now()
    await screen(prepared, facts, cascade, systemClock)
    if (index < 2) continue
    bare.push(between - started)
    whole.push(performance.now() - between)
  }
  await codecs.close()
  const overhead = (100 * (median(whole) - median(bare))) / median(bare)
  return [
    ['bare session.run, both networks', ms(median(bare))],
    ['cascade: tensors, networks, post-processing, mask, measurements', ms(median(whole))],
    ['overhead', `${overhead.toFixed(1)} %`],
  ]
}
