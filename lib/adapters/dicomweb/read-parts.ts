/** The body is not what its Content-Type says: nothing behind this point can be read. */
export class MultipartError extends Error {
  override readonly name = 'MultipartError'
}

export interface Part {
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  /** To be read to its end before the next part is asked for. */
  readonly body: AsyncIterable<Buffer>
}

const maximumHeaderBytes = 16 * 1024
const headerEnd = Buffer.from('\r\n\r\n')
const lineEnd = '\r\n'

/**
 * The parts of a multipart body, as they arrive: none is held in memory, and the last one ends only where its closing
 * boundary stands, so that a body that was cut off never yields a whole part.
 * @throws {MultipartError}
 * @see RFC 2046 5.1.1
 */
export async function* readParts(source: AsyncIterable<Buffer>, boundary: string): AsyncIterable<Part> {
  const window = new Window(source)
  const delimiter = Buffer.from(`${lineEnd}--${boundary}`, 'latin1')
  // The first boundary may stand at the very start, without a line before it.
  window.prepend(Buffer.from(lineEnd))
  for await (const _ of window.until(delimiter)) {
    // A preamble means nothing.
  }
  while (!(await window.isClosed())) {
    const headers = parseHeaders(await window.head(headerEnd))
    const body = window.until(delimiter)
    yield { headers, body }
    for await (const _ of body) {
      // What the reader has left.
    }
  }
}

/** The bytes that have arrived and are not read. */
class Window {
  readonly #source: AsyncIterator<Buffer>
  #bytes: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  prepend(bytes: Buffer): void {
    this.#bytes = Buffer.concat([bytes, this.#bytes])
  }

  /** What stands before `mark`, which is taken too. */
  async *until(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#bytes.indexOf(mark)
      if (at >= 0) {
        const rest = this.#take(at)
        this.#take(mark.length)
        if (rest.length > 0) yield rest
        return
      }
      // A mark that has arrived in part stays.
      const sure = this.#take(Math.max(0, this.#bytes.length - mark.length + 1))
      if (sure.length > 0) yield sure
      await this.#more()
    }
  }

  /** The lines up to an empty one. */
  async head(mark: Buffer): Promise<string> {
    // A part without headers starts with the empty line itself.
    for (;;) {
      const at = this.#bytes.indexOf(mark)
      if (at >= 0) return this.#take(at + mark.length).toString('latin1')
      if (this.#bytes.length > maximumHeaderBytes) throw new MultipartError('the headers of a part do not end')
      await this.#more()
    }
  }

  /** Behind a boundary: whether it was the closing one. */
  async isClosed(): Promise<boolean> {
    while (this.#bytes.length < 2) await this.#more()
    return this.#bytes.subarray(0, 2).toString('latin1') === '--'
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length)
    this.#bytes = this.#bytes.subarray(length)
    return taken
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#source.next()
    if (done) throw new MultipartError('the body ends within a part')
    this.#bytes = this.#bytes.length === 0 ? value : Buffer.concat([this.#bytes, value])
  }
}

function parseHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of text.split(lineEnd)) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return headers
}
