import { parentPort, workerData } from 'node:worker_threads'
import { loadCascade } from '../../lib/adapters/onnx/load-cascade.ts'
import type { InferenceMessage, InferenceRequest, InferenceSettings } from './inference-messages.ts'

/*
 * The program of the inference thread: it owns both networks. A run blocks the thread it is called on, so the main one
 * stays free for heartbeats, transfers, decoding and drawing while the device computes.
 */

const port = parentPort
if (!port) throw new Error('inference-program is the program of a thread')
const settings = workerData as InferenceSettings

const answer = (message: InferenceMessage, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)

try {
  const cascade = await loadCascade(settings.modelsFolder, settings)
  port.on('message', async ({ id, role, input }: InferenceRequest) => {
    try {
      const outputs = await cascade[role].session.run(input)
      answer({ kind: 'outputs', id, outputs })
    } catch (error) {
      answer({ kind: 'failed', id, message: (error as Error).message })
    }
  })
  answer({
    kind: 'loaded',
    classifier: cascade.classifier.bundle,
    segmenter: cascade.segmenter.bundle,
    operatingPoint: cascade.operatingPoint,
  })
} catch (error) {
  answer({ kind: 'not-loaded', error: (error as Error).name, message: (error as Error).message })
}
