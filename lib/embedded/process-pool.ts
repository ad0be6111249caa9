import type { EventEmitter } from 'node:events'
import { Tinypool } from 'tinypool'
import type { ResultDocument } from '../screening/result-documents/result-document.ts'
import { builtProgram } from './package-root.ts'
import type { PreparedLine } from './prepared-line.ts'
import { screeningProcessSettings } from './process-settings.ts'
import type { PrepareTask, RegisterTask, ScreenTask } from './screen-worker.ts'
import { Turns } from './turns.ts'

/** An image that takes longer than this, models loaded, is given up: its process is ended and replaced. Unit: ms. */
const imageTimeLimitMs = 120_000

/** A process died twice over one image, or overran its time: a failure of the system, nothing about the image. */
export class ScreeningProcessError extends Error {
  override readonly name = 'ScreeningProcessError'
}

/** Child processes that each take one image at a time through the pipeline. */
export class ProcessPool {
  readonly #concurrency: number
  /** Null when its last process died as it started. */
  #pool: Tinypool | null
  /** An image's time begins with its turn: behind a slow one it waits here, not in tinypool's queue. */
  readonly #turns: Turns

  constructor(concurrency: number) {
    this.#turns = new Turns(concurrency)
    this.#concurrency = concurrency
    this.#pool = this.#open()
  }

  #open(): Tinypool {
    const pool = new Tinypool({
      filename: builtProgram('lib/embedded/screen-worker.ts'),
      runtime: 'child_process',
      ...screeningProcessSettings(process.env),
      minThreads: this.#concurrency,
      maxThreads: this.#concurrency,
      concurrentTasksPerWorker: 1,
      isolateWorkers: false,
    })
    // Told of a process that dies while it has no image. tinypool replaces it, but not when it died as it started: with
    // the last of them the images that wait for one would wait for ever, and Node would end without a word.
    ;(pool as unknown as EventEmitter).on('error', () => {
      if (pool.threads.length > 0 || pool !== this.#pool) return
      this.#pool = null
      void pool.destroy()
    })
    return pool
  }

  screenFile(task: ScreenTask): Promise<ResultDocument> {
    return this.#turns.take(() => this.#run('screenFile', task))
  }

  registerFile(task: RegisterTask): Promise<string | null> {
    return this.#turns.take(() => this.#run('registerFile', task))
  }

  prepareFile(task: PrepareTask): Promise<Omit<PreparedLine, 'input'>> {
    return this.#turns.take(() => this.#run('prepareFile', task))
  }

  /** Ends the processes and waits until they are gone; tinypool alone does not keep the program alive that long. */
  async close(): Promise<void> {
    const awake = setInterval(() => {}, 1000)
    try {
      await this.#pool?.destroy()
    } finally {
      clearInterval(awake)
    }
  }

  async #run<R>(name: string, task: ScreenTask | RegisterTask | PrepareTask): Promise<R> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#pool ??= this.#open()
        return await this.#pool.run(task, { name, signal: AbortSignal.timeout(imageTimeLimitMs) })
      } catch (cause) {
        if (isOverrun(cause)) throw new ScreeningProcessError(`gave up after ${imageTimeLimitMs} ms`, { cause })
        if (!isCrash(cause)) throw cause
        if (attempt === 2)
          throw new ScreeningProcessError('the screening process ended twice over this image', { cause })
      }
    }
  }
}

const isOverrun = (error: unknown): boolean => (error as Error).name === 'AbortError'
/** A crash has no class of its own: over the image, before any process could take it, or as it was handed over. */
const isCrash = (error: unknown): boolean => {
  const { message, code } = error as NodeJS.ErrnoException
  return (
    ['Worker exited unexpectedly', 'Terminating worker thread'].includes(message) ||
    ['EPIPE', 'ERR_IPC_CHANNEL_CLOSED'].includes(code ?? '')
  )
}
