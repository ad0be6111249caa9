import { Worker } from 'node:worker_threads'
import { ConfigurationError, StudyRejectedError } from '../../screening/kernel/errors.ts'
import type { DecodedCodestream, EncodedFrame } from '../../screening/kernel/ports.ts'
import type { CodecReply, CodecRequest, WorkerKind } from './codec-messages.ts'
import { timeLimitMs } from './frame-limits.ts'

/** A codec could not be loaded, or its thread could not start: ours to repair, no fault of the picture. */
export class CodecDefectError extends Error {
  override readonly name = 'CodecDefectError'
}

/**
 * One thread that decodes one codestream after the other. It starts with the first, ends with one that fails or
 * overruns its time, and starts anew with the next: a codec that met a bad codestream is not trusted with a good one. It
 * also ends with one that took much memory, which a codec never gives back.
 */
export class CodecThread {
  readonly #workerFile: string
  readonly #timeLimitMs: number | null
  #worker: Worker | null = null
  readonly #started = new WeakSet<Worker>()
  #last: Promise<unknown> = Promise.resolve()

  /** @param timeLimitMs Of any frame; null: what its pixels may take. */
  constructor(workerFile: string, timeLimitMs: number | null) {
    this.#workerFile = workerFile
    this.#timeLimitMs = timeLimitMs
  }

  /** @throws {StudyRejectedError} corrupt-pixel-data, time-limit */
  decode(kind: WorkerKind, frame: EncodedFrame): Promise<DecodedCodestream> {
    const decoded = this.#last.then(() => this.#decodeNow(kind, frame))
    this.#last = decoded.catch(() => {})
    return decoded
  }

  async close(): Promise<void> {
    await this.#last
    await this.#end()
  }

  async #decodeNow(kind: WorkerKind, frame: EncodedFrame): Promise<DecodedCodestream> {
    const reply = await this.#askOrEnd({ kind, frame: { ...frame, codestream: frame.codestream.slice() } })
    // The thread closes itself: terminating it can crash the whole of Node.
    if (reply.outcome !== 'decoded' || reply.isLast) this.#worker = null
    if (reply.outcome === 'decoded') return reply.frame
    if (reply.outcome === 'defect') throw new CodecDefectError(`the ${kind} codec cannot be used: ${reply.detail}`)
    const cause = new Error(reply.detail)
    throw new StudyRejectedError('corrupt-pixel-data', `the ${kind} codec refused the compressed frame`, { cause })
  }

  async #askOrEnd(request: CodecRequest): Promise<CodecReply> {
    try {
      return await this.#ask(request)
    } catch (error) {
      await this.#end()
      throw error
    }
  }

  #ask(request: CodecRequest): Promise<CodecReply> {
    this.#worker ??= this.#start()
    const worker = this.#worker
    return new Promise<CodecReply>((resolve, reject) => {
      const limitMs = this.#timeLimitMs ?? timeLimitMs(request.kind, request.frame)
      const stopWatching = watchTime(limitMs, () => {
        settle(() =>
          reject(new StudyRejectedError('time-limit', `decoding took longer than ${Math.round(limitMs)} ms`)),
        )
      })
      // Sent only once the thread is up: whether one that dies had come up never depends on the order of events.
      const send = (): void => worker.postMessage(request, [request.frame.codestream.buffer as ArrayBuffer])
      const onMessage = (reply: CodecReply | 'ready'): void => {
        if (reply === 'ready') send()
        else settle(() => resolve(reply))
      }
      const onError = (cause: unknown): void => settle(() => reject(lostThread(cause, this.#started.has(worker))))
      const onExit = (code: number): void => onError(new Error(`exit code ${code}`))
      const settle = (outcome: () => void): void => {
        stopWatching()
        worker.off('message', onMessage).off('error', onError).off('exit', onExit)
        // An idle thread must not keep the program from ending.
        worker.unref()
        outcome()
      }
      worker.on('message', onMessage).on('error', onError).on('exit', onExit)
      worker.ref()
      if (this.#started.has(worker)) send()
    })
  }

  #start(): Worker {
    const worker = new Worker(this.#workerFile)
    worker.once('message', () => this.#started.add(worker))
    // One that dies while idle is replaced by the next frame.
    worker.on('error', () => {})
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null
    })
    return worker
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }
}

/** A frame that gets no core is late through no fault of its own, but not for ever. */
const longestWait = 10

/**
 * Calls back once the limit has gone by on the clock and this program has used that much of a processor since: on a
 * loaded machine a good frame must not run out of time. At the latest after ten times the limit.
 */
function watchTime(limitMs: number, onOverrun: () => void): () => void {
  const started = performance.now()
  const usage = process.cpuUsage()
  const usedMs = (): number => {
    const { user, system } = process.cpuUsage(usage)
    return (user + system) / 1000
  }
  const check = (): void => {
    const missingMs = limitMs - usedMs()
    if (missingMs <= 0 || performance.now() - started >= longestWait * limitMs) onOverrun()
    else timer = setTimeout(check, Math.max(missingMs, 20))
  }
  let timer = setTimeout(check, limitMs)
  return () => clearTimeout(timer)
}

/** A thread that never came up is our defect; one that dies over a codestream says that it is bad. */
function lostThread(cause: unknown, hasStarted: boolean): Error {
  const code = (cause as NodeJS.ErrnoException).code
  if (!hasStarted || code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
    return new ConfigurationError('the codec worker does not start; build it with `npm run build`', { cause })
  }
  return new StudyRejectedError('corrupt-pixel-data', 'the codec crashed on the compressed frame', { cause })
}
