import type { Cascade } from '../../screening/screen.ts'
import { createOnnxSession, type OnnxSessionOptions } from './create-onnx-session.ts'
import { readCascade } from './read-bundle.ts'

/**
 * Loads the two networks that the folder's profile names; once, where both bundles hold the same one. Digest,
 * thresholds and networks must belong together.
 * @throws {ConfigurationError} when they do not: nothing is screened with a doubtful pair
 */
export async function loadCascade(modelsFolder: string, options: OnnxSessionOptions): Promise<Cascade> {
  const { classifier, segmenter, operatingPoint, networks } = await readCascade(modelsFolder)
  const session = await createOnnxSession(networks.classifier, classifier.input.name, options)
  const joint = classifier.sha256 === segmenter.sha256
  return {
    operatingPoint,
    classifier: { bundle: classifier, session },
    segmenter: {
      bundle: segmenter,
      session: joint
        ? { run: session.run, close: async () => {} }
        : await createOnnxSession(networks.segmenter, segmenter.input.name, options),
    },
  }
}
