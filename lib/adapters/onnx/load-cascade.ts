import { join } from 'node:path'
import type { Cascade } from '../../screening/screen.ts'
import { createOnnxSession, type OnnxSessionOptions } from './create-onnx-session.ts'
import { pairBundles, readBundle, readProfile } from './read-bundle.ts'

/**
 * Loads the two networks that the folder's profile names. Digest, thresholds and networks must belong together.
 * @throws {ConfigurationError} when they do not: nothing is screened with a doubtful pair
 */
export async function loadCascade(modelsFolder: string, options: OnnxSessionOptions): Promise<Cascade> {
  const profile = await readProfile(modelsFolder)
  const classifier = await readBundle(join(modelsFolder, profile.classifier.bundle))
  const segmenter = await readBundle(join(modelsFolder, profile.segmenter.bundle))
  const models = pairBundles(profile, classifier.bundle, segmenter.bundle)
  return {
    operatingPoint: models.operatingPoint,
    classifier: {
      bundle: models.classifier,
      session: await createOnnxSession(classifier.network, models.classifier.input.name, options),
    },
    segmenter: {
      bundle: models.segmenter,
      session: await createOnnxSession(segmenter.network, models.segmenter.input.name, options),
    },
  }
}
