import { Worker } from 'node:worker_threads'
import type { ImageSize } from '../../lib/screening/kernel/geometry.ts'
import type { Clock } from '../../lib/screening/kernel/ports.ts'
import type { DocumentTools } from '../../lib/screening/result-documents/document-type.ts'
import { type DocumentedStudy, documentStudy, type InferredStudy } from './document-study.ts'
import type { DocumentsMessage } from './documents-messages.ts'

/** From this size on the mask of one image may take more than a tenth of a second and a hundred megabytes. Unit: pixels. */
const largePixels = 16_000_000

const isLarge = ({ rows, columns }: ImageSize): boolean => rows * columns >= largePixels

/**
 * Builds the documents of studies: of large sources in a thread, one after the other, so that neither the memory of a
 * batch of them adds up nor heartbeats wait; of all others at once, where they are, which is faster than to send them.
 */
export class StudyDocuments {
  readonly #program: URL
  readonly #tools: DocumentTools
  readonly #clock: Clock
  #thread: Worker | null = null
  #last: Promise<unknown> = Promise.resolve()

  /** @param program The built documents-program.js. */
  constructor(program: URL, tools: DocumentTools, clock: Clock) {
    this.#program = program
    this.#tools = tools
    this.#clock = clock
  }

  /** @throws {Error} also when the thread ends in it: at once, and the next one gets a new thread */
  build(study: InferredStudy): Promise<DocumentedStudy> {
    if (!isLarge(study.prepared.source)) return documentStudy(study, this.#tools, this.#clock)
    const built = this.#last.then(() => this.#buildInThread(study))
    this.#last = built.catch(() => {})
    return built
  }

  async close(): Promise<void> {
    await this.#last
    await this.#thread?.terminate()
  }

  #buildInThread(study: InferredStudy): Promise<DocumentedStudy> {
    this.#thread ??= this.#start()
    const thread = this.#thread
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        thread.off('message', onMessage).off('error', lose).off('exit', onExit)
        // An idle thread must not keep the program from ending.
        thread.unref()
        outcome()
      }
      const onMessage = (message: DocumentsMessage): void =>
        settle(() => (message.kind === 'documented' ? resolve(message.study) : reject(new Error(message.message))))
      const lose = (error: Error): void => {
        this.#thread = null
        settle(() => reject(error))
      }
      const onExit = (code: number): void => lose(new Error(`the documents thread ended with ${code}`))
      thread.on('message', onMessage).on('error', lose).on('exit', onExit)
      thread.ref()
      thread.postMessage(study)
    })
  }

  #start(): Worker {
    const thread = new Worker(this.#program)
    // One that ends while idle is replaced by the next study.
    thread.on('error', () => {})
    thread.on('exit', () => {
      if (this.#thread === thread) this.#thread = null
    })
    return thread
  }
}
