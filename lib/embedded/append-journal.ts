import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * A JSON-lines file that only grows and survives a kill: each line is on disk before `append` resolves, and a line
 * torn by a kill is cut off when the file is opened again.
 */
export class AppendJournal<T> {
  readonly #file: FileHandle
  readonly lines: readonly T[]

  private constructor(file: FileHandle, lines: readonly T[]) {
    this.#file = file
    this.lines = lines
  }

  static async open<T>(path: string): Promise<AppendJournal<T>> {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, 'a+')
    const text = await file.readFile('utf8')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    await file.truncate(Buffer.byteLength(whole))
    const lines = whole.split('\n').filter(Boolean)
    return new AppendJournal<T>(
      file,
      lines.map((line) => JSON.parse(line)),
    )
  }

  async append(line: T): Promise<void> {
    await this.#file.appendFile(`${JSON.stringify(line)}\n`)
    await this.#file.datasync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
