import { type FileHandle, open } from 'node:fs/promises'
import type { ResultLine } from '../../screening/result-documents/result-line.ts'

export interface FollowedLines {
  readonly lines: readonly ResultLine[]
  /** These are all lines: the list is another file than at the last look, or is looked at for the first time. */
  readonly isNewList: boolean
}

/** Reads what any program writes into a results.jsonl, and writes nothing: at each look the lines that are new and whole. */
export class ResultFollower {
  readonly #path: string
  /** Null: there is no list. Undefined: nobody has looked yet. */
  #inode: number | null | undefined
  /** Unit: bytes, behind the last whole line. */
  #offset = 0

  constructor(path: string) {
    this.#path = path
  }

  async look(): Promise<FollowedLines> {
    const file = await openIfThere(this.#path)
    if (!file) return this.#startAnew(null)
    try {
      const { ino, size } = await file.stat()
      const isNewList = ino !== this.#inode || size < this.#offset
      if (isNewList) this.#startAnew(ino)
      const bytes = Buffer.alloc(size - this.#offset)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.#offset)
      const whole = bytes.subarray(0, bytes.subarray(0, bytesRead).lastIndexOf('\n') + 1)
      this.#offset += whole.length
      return { lines: whole.toString('utf8').split('\n').flatMap(parseLine), isNewList }
    } finally {
      await file.close()
    }
  }

  #startAnew(inode: number | null): FollowedLines {
    const isNewList = this.#inode !== inode
    this.#inode = inode
    this.#offset = 0
    return { lines: [], isNewList }
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  return open(path, 'r').catch((error) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

/** A line that is none of ours is passed over: it may be somebody's own. */
function parseLine(text: string): ResultLine[] {
  try {
    const line = JSON.parse(text)
    return typeof line?.input === 'string' && outcomes.includes(line.outcome) ? [line] : []
  } catch {
    return []
  }
}

const outcomes = ['suspected', 'not-suspected', 'not-analysed']
