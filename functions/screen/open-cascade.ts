import { createBatchingSession } from '../../lib/adapters/onnx/create-batching-session.ts'
import type { InferenceSession, PixelCodecs } from '../../lib/screening/kernel/ports.ts'
import type { Cascade } from '../../lib/screening/screen.ts'
import type { InferenceSettings } from './inference-messages.ts'
import { startInferenceThread } from './inference-thread.ts'
import { verifyCascade } from './verify-cascade.ts'

/** Convolutions are planned once per shape: few shapes, all of them seen before the first image. */
const cudaSizes = [1, 4, 8]

export interface CascadeSettings extends InferenceSettings {
  readonly maximumBatch: number
  readonly onBatch: (inputs: number, size: number) => void
}

export interface OpenCascade {
  readonly cascade: Cascade
  /** Runs the golden files again. @throws {Error} when a network does not answer as it must */
  readonly verify: () => Promise<void>
}

/**
 * The cascade of a worker: in a thread of its own, batching, its golden files answered and its batch sizes warm.
 * @throws {ConfigurationError} when CUDA was asked for and is absent, or a network does not answer as it must
 */
export async function openCascade(program: URL, settings: CascadeSettings, codecs: PixelCodecs): Promise<OpenCascade> {
  const { modelsFolder, executionProvider, threads, maximumBatch, onBatch } = settings
  const cascade = await startInferenceThread(program, { modelsFolder, executionProvider, threads })
  const verify = () => verifyCascade(modelsFolder, cascade, codecs)
  await verify()
  const sizes = executionProvider === 'cuda' ? [...cudaSizes.filter((size) => size < maximumBatch), maximumBatch] : null
  const batching = (session: InferenceSession): InferenceSession =>
    createBatchingSession(session, { maximumBatch, onBatch, ...(sizes ? { sizes } : {}) })
  for (const { bundle, session } of [cascade.classifier, cascade.segmenter]) {
    const { channels, rows, columns } = bundle.input
    for (const size of sizes ?? []) {
      const data = new Float32Array(size * channels * rows * columns)
      await session.run({ data, shape: [size, channels, rows, columns] })
    }
  }
  return {
    cascade: {
      ...cascade,
      classifier: { ...cascade.classifier, session: batching(cascade.classifier.session) },
      segmenter: { ...cascade.segmenter, session: batching(cascade.segmenter.session) },
    },
    verify,
  }
}
