import { InferenceSession as OnnxSession, Tensor as OnnxTensor } from 'onnxruntime-node'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { InferenceSession } from '../../screening/kernel/ports.ts'
import type { Tensor } from '../../screening/kernel/tensor.ts'
import { disableTelemetry } from './disable-telemetry.ts'

export const executionProviders = ['cpu', 'cuda'] as const
export type ExecutionProvider = (typeof executionProviders)[number]

export interface OnnxSessionOptions {
  readonly executionProvider: ExecutionProvider
  /** Threads of one run on the CPU. */
  readonly threads: number
}

/**
 * Loads a network. CUDA is used when it is asked for and never replaced by the CPU in silence.
 * @throws {ConfigurationError} when the execution provider or the network cannot be loaded
 */
export async function createOnnxSession(
  network: Uint8Array,
  inputName: string,
  options: OnnxSessionOptions,
): Promise<InferenceSession> {
  disableTelemetry()
  const session = await loadSession(network, options)
  if (!session.inputNames.includes(inputName)) {
    throw new ConfigurationError(
      `The network has no input '${inputName}'; it has ${session.inputNames.join(', ')}. Correct input.name in model.json.`,
    )
  }
  return {
    async run(input: Tensor) {
      const outputs = await session.run({ [inputName]: new OnnxTensor('float32', input.data, input.shape) })
      return new Map(Object.entries(outputs).map(([name, output]) => [name, toTensor(output)]))
    },
    close: () => session.release(),
  }
}

async function loadSession(network: Uint8Array, options: OnnxSessionOptions): Promise<OnnxSession> {
  try {
    return await OnnxSession.create(network, {
      executionProviders: [options.executionProvider],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // Halves the peak memory of large segmenters at no measured cost.
      enableMemPattern: false,
      logSeverityLevel: 3,
      // Spinning threads slow each other down on a shared machine.
      extra: { session: { 'intra_op.allow_spinning': '0' } },
    })
  } catch (cause) {
    const remedy =
      options.executionProvider === 'cuda'
        ? 'CUDA was asked for: run on a machine with an NVIDIA GPU, CUDA 13, cuDNN 9, driver 580 or newer and the CUDA build of onnxruntime-node, or ask for --execution-provider cpu.'
        : 'Check that the .onnx file is whole and that onnxruntime-node supports its operators.'
    throw new ConfigurationError(
      `No ${options.executionProvider} session could be created for the network (${String(cause)}). ${remedy}`,
      { cause },
    )
  }
}

function toTensor(output: OnnxTensor): Tensor {
  if (!(output.data instanceof Float32Array)) {
    throw new Error(`the network's output is ${output.type}, expected float32`)
  }
  return { data: output.data, shape: output.dims }
}
