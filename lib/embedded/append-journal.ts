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

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** @param onLine Is told of each line that is there, one after the other: none of them is kept. */
  static async open<T>(path: string, onLine: (line: T) => void = () => {}): Promise<AppendJournal<T>> {
    await makeFolder(dirname(path))
    const file = await open(path, 'a+')
    try {
      let wholeBytes = 0
      let rest = Buffer.alloc(0)
      for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) {
        const bytes = Buffer.concat([rest, chunk])
        const end = bytes.lastIndexOf('\n') + 1
        for (const line of bytes.toString('utf8', 0, end).split('\n')) {
          const parsed = parseLine<T>(line)
          if (parsed !== null) onLine(parsed)
        }
        wholeBytes += end
        rest = bytes.subarray(end)
      }
      await file.truncate(wholeBytes)
      return new AppendJournal<T>(file)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async append(line: T): Promise<void> {
    await this.#file.appendFile(jsonLine(line))
    await this.#file.datasync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

function parseLine<T>(line: string): T | null {
  try {
    const parsed = JSON.parse(line)
    return typeof parsed === 'object' ? parsed : null
  } catch {
    return null
  }
}
