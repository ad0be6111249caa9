import { Worker } from 'node:worker_threads'
import { disableTelemetry } from '../../lib/adapters/onnx/disable-telemetry.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'
import type { InferenceSession } from '../../lib/screening/kernel/ports.ts'
import type { Tensor } from '../../lib/screening/kernel/tensor.ts'
import type { Cascade } from '../../lib/screening/screen.ts'
import type { InferenceMessage, InferenceRequest, InferenceSettings, NetworkRole } from './inference-messages.ts'

interface Pending {
  readonly resolve: (outputs: ReadonlyMap<string, Tensor>) => void
  readonly reject: (error: Error) => void
}

/**
 * Both networks in a thread of their own.
 * @param program The built inference-program.js.
 * @throws {ConfigurationError} when they cannot be loaded as they are set up
 */
export async function startInferenceThread(program: URL, settings: InferenceSettings): Promise<Cascade> {
  disableTelemetry()
  const thread = new Worker(program, { workerData: settings })
  const pending = new Map<number, Pending>()
  let nextId = 0
  let lost: Error | null = null

  const loaded = await new Promise<Extract<InferenceMessage, { kind: 'loaded' }>>((resolve, reject) => {
    const fail = (error: Error): void => {
      lost ??= error
      reject(error)
      for (const { reject: rejectRun } of pending.values()) rejectRun(error)
      pending.clear()
    }
    thread.on('error', fail)
    thread.on('exit', (code) => fail(new Error(`the inference thread ended with ${code}`)))
    thread.on('message', (message: InferenceMessage) => {
      if (message.kind === 'loaded') resolve(message)
      else if (message.kind === 'not-loaded') {
        const { error, message: text } = message
        reject(error === ConfigurationError.name ? new ConfigurationError(text) : new Error(text))
      } else {
        const run = pending.get(message.id)
        pending.delete(message.id)
        if (message.kind === 'outputs') run?.resolve(message.outputs)
        else run?.reject(new Error(message.message))
      }
    })
  })

  const sessionOf = (role: NetworkRole): InferenceSession => ({
    run: (input) =>
      new Promise((resolve, reject) => {
        // Nobody would answer: what is asked of a thread that has ended fails at once.
        if (lost) return reject(lost)
        const id = nextId++
        pending.set(id, { resolve, reject })
        thread.postMessage({ id, role, input } satisfies InferenceRequest)
      }),
    close: async () => {
      await thread.terminate()
    },
  })
  return {
    classifier: { bundle: loaded.classifier, session: sessionOf('classifier') },
    segmenter: { bundle: loaded.segmenter, session: sessionOf('segmenter') },
    operatingPoint: loaded.operatingPoint,
  }
}
