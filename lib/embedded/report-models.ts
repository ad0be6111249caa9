import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createCodecs } from '../adapters/codecs/create-codecs.ts'
import { createOnnxSession, type ExecutionProvider } from '../adapters/onnx/create-onnx-session.ts'
import { loadCascade } from '../adapters/onnx/load-cascade.ts'
import { readBundle, readProfile } from '../adapters/onnx/read-bundle.ts'
import { type GoldenCheck, verifyGolden } from '../adapters/onnx/verify-golden.ts'
import type { ModelBundle } from '../screening/classification/model-bundle.ts'
import type { ScreeningProfile } from '../screening/classification/screening-profile.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'

export interface BundleReport {
  readonly id: string
  readonly version: string
  readonly task: ModelBundle['task']
  readonly sha256: string
  readonly sizeBytes: number
  readonly inUse: boolean
  readonly golden: readonly GoldenCheck[]
}

export interface ModelsReport {
  readonly profile: ScreeningProfile
  readonly bundles: readonly BundleReport[]
}

/**
 * Every bundle of a models folder, with what its golden files say when they are to be run.
 * @throws {ConfigurationError} when a digest, a threshold or a pin of the profile does not hold
 */
export async function reportModels(
  models: string,
  { verify, executionProvider }: { verify: boolean; executionProvider: ExecutionProvider },
): Promise<ModelsReport> {
  const profile = await readProfile(models)
  const bundles = await reportBundles(models, profile, verify ? executionProvider : null)
  if (verify) {
    // The profile's own pins are checked by loading it as a screening process does.
    const { classifier, segmenter } = await loadCascade(models, { executionProvider, threads: 1 })
    await Promise.all([classifier.session.close(), segmenter.session.close()])
  }
  return { profile, bundles }
}

/** @param executionProvider where the golden files run; null: they do not */
async function reportBundles(
  models: string,
  profile: ScreeningProfile,
  executionProvider: ExecutionProvider | null,
): Promise<BundleReport[]> {
  const entries = await readdir(models, { withFileTypes: true })
  const reports: BundleReport[] = []
  const codecs = createCodecs()
  try {
    for (const entry of entries.filter((candidate) => candidate.isDirectory()).sort(byName)) {
      const folder = join(models, entry.name)
      if (!(await readdir(folder)).includes('model.json')) continue
      const { bundle, network } = await readBundle(folder)
      if (bundle.id !== entry.name) {
        throw new ConfigurationError(
          `${folder} holds a bundle called '${bundle.id}'. Name the folder after the bundle.`,
        )
      }
      let golden: GoldenCheck[] = []
      if (executionProvider) {
        const session = await createOnnxSession(network, bundle.input.name, { executionProvider, threads: 1 })
        golden = await verifyGolden(folder, bundle, session, codecs)
        await session.close()
      }
      reports.push({
        id: bundle.id,
        version: bundle.version,
        task: bundle.task,
        sha256: bundle.sha256,
        sizeBytes: network.length,
        inUse: [profile.classifier.bundle, profile.segmenter.bundle].includes(bundle.id),
        golden,
      })
    }
  } finally {
    await codecs.close()
  }
  return reports
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1)
