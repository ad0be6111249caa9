import { createWriteStream, type WriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { finished } from 'node:stream/promises'
import { makeFolder } from '../adapters/embedded/make-folder.ts'
import { jsonLine } from './json-lines.ts'

/**
 * A JSON-lines file in the order of the inputs, whatever order they finish in. It grows beside its final name and
 * takes that name when closed, so that a file of that name is always whole.
 */
export class OrderedLines<T> {
  readonly #file: string
  readonly #draft: WriteStream
  readonly #waiting = new Map<number, T>()
  #next = 0
  #failure: Error | null = null

  private constructor(file: string) {
    this.#file = file
    this.#draft = createWriteStream(`${file}.draft`)
    this.#draft.on('error', (error) => {
      this.#failure = error
    })
  }

  static async create<T>(file: string): Promise<OrderedLines<T>> {
    await makeFolder(dirname(file))
    return new OrderedLines<T>(file)
  }

  /** @throws what has kept an earlier line from being written */
  put(position: number, line: T): void {
    if (this.#failure) throw this.#failure
    this.#waiting.set(position, line)
    for (let ready = this.#waiting.get(this.#next); ready !== undefined; ready = this.#waiting.get(this.#next)) {
      this.#draft.write(jsonLine(ready))
      this.#waiting.delete(this.#next++)
    }
  }

  async close(): Promise<void> {
    if (this.#failure) throw this.#failure
    this.#draft.end()
    await finished(this.#draft)
    await rename(`${this.#file}.draft`, this.#file)
  }

  /** Leaves the file of an earlier run as it was. Nothing to do after `close`. */
  async discard(): Promise<void> {
    const closed = new Promise<void>((settle) => (this.#draft.closed ? settle() : this.#draft.once('close', settle)))
    this.#draft.destroy()
    await closed
    await rm(`${this.#file}.draft`, { force: true })
  }
}
