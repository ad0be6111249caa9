import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from '../adapters/embedded/make-folder.ts'
import { jsonLine } from './json-lines.ts'

/**
 * A JSON-lines file that only grows and survives a kill: each line is on disk before `append` resolves, and a line
 * torn by a kill is cut off when the file is opened again. A line that is no JSON object stays there, passed over.
 */
export class AppendJournal<T> {
  readonly #file: FileHandle
  readonly lines: readonly T[]

  private constructor(file: FileHandle, lines: readonly T[]) {
    this.#file = file
    this.lines = lines
  }

  static async open<T>(path: string): Promise<AppendJournal<T>> {
    await makeFolder(dirname(path))
    const file = await open(path, 'a+')
    const bytes = await file.readFile()
    const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1)
    await file.truncate(whole.length)
    return new AppendJournal<T>(
      file,
      whole
        .toString('utf8')
        .split('\n')
        .flatMap(parseLine<T>),
    )
  }

  async append(line: T): Promise<void> {
    await this.#file.appendFile(jsonLine(line))
    await this.#file.datasync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

function parseLine<T>(line: string): T[] {
  try {
    const parsed = JSON.parse(line)
    return typeof parsed === 'object' && parsed !== null ? [parsed] : []
  } catch {
    return []
  }
}
