import type { InferenceSession } from '../../screening/kernel/ports.ts'
import type { Tensor } from '../../screening/kernel/tensor.ts'

export interface BatchingOptions {
  /** Inputs that one run takes at most. */
  readonly maximumBatch: number
  /**
   * Batches are padded to the next of these sizes, so that a device plans its kernels for few shapes.
   * @default any size up to `maximumBatch`
   */
  readonly sizes?: readonly number[]
  /** Told of every batch: inputs that were asked for, and the size that ran. */
  readonly onBatch?: (inputs: number, size: number) => void
}

interface Request {
  readonly input: Tensor
  readonly resolve: (outputs: ReadonlyMap<string, Tensor>) => void
  readonly reject: (error: unknown) => void
}

/**
 * Joins the inputs that arrive while a run is under way into the next one: a lone input runs at once and alone, many
 * share the device. Inputs have shape [1, C, H, W]; one of another N runs by itself.
 */
export function createBatchingSession(inner: InferenceSession, options: BatchingOptions): InferenceSession {
  const sizes = [...(options.sizes ?? []), options.maximumBatch]
    .filter((size) => size <= options.maximumBatch)
    .sort((a, b) => a - b)
  const waiting: Request[] = []
  let running = false

  async function runWaiting(): Promise<void> {
    if (running) return
    running = true
    while (waiting.length > 0) {
      const requests = takeBatch(waiting, options.maximumBatch)
      const size = options.sizes ? sizes.find((candidate) => candidate >= requests.length)! : requests.length
      try {
        options.onBatch?.(requests.length, size)
        await answer(inner, requests, size)
      } catch (error) {
        for (const { reject } of requests) reject(error)
      }
    }
    running = false
  }

  return {
    run: (input) =>
      new Promise((resolve, reject) => {
        waiting.push({ input, resolve, reject })
        void runWaiting()
      }),
    close: () => inner.close(),
  }
}

/** The oldest request and the others of its shape, oldest first. */
function takeBatch(waiting: Request[], maximum: number): Request[] {
  const shape = waiting[0].input.shape
  const batch = shape[0] === 1 ? waiting.filter(({ input }) => `${input.shape}` === `${shape}`) : [waiting[0]]
  const taken = batch.slice(0, maximum)
  for (const request of taken) waiting.splice(waiting.indexOf(request), 1)
  return taken
}

async function answer(inner: InferenceSession, requests: readonly Request[], size: number): Promise<void> {
  if (requests[0].input.shape[0] !== 1 || size === 1) return answerAlone(inner, requests)
  try {
    const inputs = requests.map(({ input }) => input)
    const outputs = split(await inner.run(join(inputs, size)), size)
    requests.forEach(({ resolve }, index) => {
      resolve(outputs[index])
    })
  } catch (error) {
    if (requests.length === 1) return requests[0].reject(error)
    // One bad input, or too little memory for so many: the neighbours must not fail with it.
    await answerAlone(inner, requests)
  }
}

async function answerAlone(inner: InferenceSession, requests: readonly Request[]): Promise<void> {
  for (const { input, resolve, reject } of requests) await inner.run(input).then(resolve, reject)
}

/** Shape: [size, C, H, W]; what is missing is zero. */
function join(inputs: readonly Tensor[], size: number): Tensor {
  const length = inputs[0].data.length
  const joined = new Float32Array(size * length)
  inputs.forEach(({ data }, index) => {
    joined.set(data, index * length)
  })
  return { data: joined, shape: [size, ...inputs[0].shape.slice(1)] }
}

function split(outputs: ReadonlyMap<string, Tensor>, size: number): Map<string, Tensor>[] {
  const parts = Array.from({ length: size }, () => new Map<string, Tensor>())
  for (const [name, { data, shape }] of outputs) {
    if (shape[0] !== size) throw new Error(`output '${name}' has shape [${shape}], expected ${size} on its first axis`)
    const length = data.length / size
    parts.forEach((part, index) => {
      part.set(name, { data: data.slice(index * length, (index + 1) * length), shape: [1, ...shape.slice(1)] })
    })
  }
  return parts
}
