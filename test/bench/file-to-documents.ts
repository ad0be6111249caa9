import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { loadCascade } from '../../lib/adapters/onnx/load-cascade.ts'
import { identifySource } from '../../lib/embedded/identify-source.ts'
import { defaultModelsFolder } from '../../lib/embedded/package-root.ts'
import { screenFile } from '../../lib/embedded/screen-worker.ts'
import { defaultSettings } from '../../lib/embedded/screening-settings.ts'
import { buildInputTensor } from '../../lib/screening/classification/input-tensor.ts'
import { turnOf } from '../../lib/screening/prepared-image/upright.ts'
import { preprocess } from '../../lib/screening/preprocess.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { median, processorOf, type Sample, sampleOnce, spreadOf, wallOf } from './measure.ts'

const rounds = 7

/**
 * The way of one image through a screening process, from its file to its default documents, against the bare network
 * on a ready tensor: by turns, one thread for the network, suspected images only (the longer way).
 */
export async function benchFileToDocuments(name: string, files: readonly string[]): Promise<string[][]> {
  const outDir = await mkdtemp(join(tmpdir(), 'pleura-bench-'))
  const settings = defaultSettings(outDir)
  const codecs = createCodecs()
  const { classifier } = await loadCascade(defaultModelsFolder, { executionProvider: 'cpu', threads: 1 })
  const [bare, whole]: [Sample[], Sample[]] = [[], []]
  const stages = new Map<string, number[]>()
  try {
    for (const path of files) {
      const imageId = await identifySource(path)
      const screen = () => screenFile({ path, imageId, settings })
      if ((await screen()).outcome !== 'suspected') continue
      const { prepared, facts } = await preprocess(await readFile(path), codecs, defaultSuitabilityPolicy, systemClock)
      const tensor = buildInputTensor(prepared, turnOf(facts.patientOrientation), classifier.bundle.input)
      for (let round = 0; round < rounds; round++) {
        const network = await sampleOnce(() => classifier.session.run(tensor))
        const image = await sampleOnce(async () => {
          const { timingsMs } = await screen()
          if (round === 0) return
          for (const [stage, ms] of Object.entries(timingsMs)) stages.set(stage, [...(stages.get(stage) ?? []), ms])
        })
        // The first round warms up what this size of image needs.
        if (round === 0) continue
        bare.push(network)
        whole.push(image)
      }
    }
  } finally {
    await codecs.close()
    await classifier.session.close()
    await rm(outDir, { recursive: true, force: true })
  }
  const ratio = (of: typeof wallOf): string => `${(median(of(whole)) / median(of(bare))).toFixed(2)} ×`
  return [
    [`${name}: bare network, processor`, spreadOf(processorOf(bare))],
    [`${name}: file to documents, processor`, spreadOf(processorOf(whole))],
    [`${name}: file to documents / bare network, processor`, ratio(processorOf)],
    [`${name}: bare network, wall`, spreadOf(wallOf(bare))],
    [`${name}: file to documents, wall`, spreadOf(wallOf(whole))],
    [`${name}: file to documents / bare network, wall`, ratio(wallOf)],
    ...[...stages].map(([stage, times]) => [`${name}: of it ${stage}, wall`, spreadOf(times)]),
  ]
}
