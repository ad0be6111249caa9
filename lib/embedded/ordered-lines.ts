import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { finished } from 'node:stream/promises'

/**
 * A JSON-lines file in the order of the inputs, whatever order they finish in. It grows beside its final name and
 * takes that name when closed, so that a file of that name is always whole.
 */
export class OrderedLines<T> {
  readonly #file: string
  readonly #draft: WriteStream
  readonly #waiting = new Map<number, T>()
  #next = 0

  private constructor(file: string) {
    this.#file = file
    this.#draft = createWriteStream(`${file}.draft`)
  }

  static async create<T>(file: string): Promise<OrderedLines<T>> {
    await mkdir(dirname(file), { recursive: true })
    return new OrderedLines<T>(file)
  }

  put(position: number, line: T): void {
    this.#waiting.set(position, line)
    for (let ready = this.#waiting.get(this.#next); ready !== undefined; ready = this.#waiting.get(this.#next)) {
      this.#draft.write(`${JSON.stringify(ready)}\n`)
      this.#waiting.delete(this.#next++)
    }
  }

  async close(): Promise<void> {
    this.#draft.end()
    await finished(this.#draft)
    await rename(`${this.#file}.draft`, this.#file)
  }
}
