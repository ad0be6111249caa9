import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { type FileFacts, parseFileFacts } from './file-facts.ts'

/** Facts of files, a line each, written as they come: what makes a long exploration resumable. */
export class FactsJournal {
  readonly path: string
  readonly #file: FileHandle
  #waiting: Promise<unknown> = Promise.resolve()

  private constructor(path: string, file: FileHandle) {
    this.path = path
    this.#file = file
  }

  /** Opens for appending; a line torn by a crash is ended, so that the next one stands alone. */
  static async open(path: string): Promise<FactsJournal> {
    const file = await open(path, 'a+')
    const { size } = await file.stat()
    if (size > 0) {
      const last = Buffer.alloc(1)
      await file.read(last, 0, 1, size - 1)
      if (last[0] !== 0x0a) await file.write('\n')
    }
    return new FactsJournal(path, file)
  }

  async append(facts: FileFacts): Promise<void> {
    const write = this.#waiting.then(() => this.#file.appendFile(`${JSON.stringify(facts)}\n`))
    this.#waiting = write.catch(() => {})
    await write
  }

  async close(): Promise<void> {
    await this.#waiting
    await this.#file.close()
  }
}

/** The facts of a journal in the order they were written; torn lines are passed over. */
export async function* readFacts(path: string): AsyncIterable<FileFacts> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    const facts = line === '' ? null : parseFileFacts(line)
    if (facts) yield facts
  }
}
