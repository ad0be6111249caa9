import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { encodePath } from '../adapters/embedded/path-bytes.ts'
import { type FolderProblem, walkFolder } from '../adapters/embedded/walk-folder.ts'

export interface Arrival {
  readonly path: string
  /** Size and time of the last change: another version of the file has another one. */
  readonly version: string
}

export interface FoundProblem {
  readonly path: string
  readonly problem: FolderProblem
}

export interface Scan {
  /** In order of name. */
  readonly settled: readonly Arrival[]
  /** What no file can be read of, seen in two scans. */
  readonly problems: readonly FoundProblem[]
  /** How many files are still changing. */
  readonly unsettled: number
}

/**
 * Finds files that have arrived in a folder: those unchanged since the scan before, so that one still being copied
 * is left to grow. A file that changes later arrives again, as another version. Hidden files are left out: senders
 * write to a hidden name and rename.
 */
export class ArrivalScan {
  readonly #dir: string
  readonly #outDir: string
  #before = new Map<string, string>()

  constructor(dir: string, outDir: string) {
    this.#dir = dir
    this.#outDir = outDir
  }

  async next(): Promise<Scan> {
    const now = new Map<string, string>()
    const settled: Arrival[] = []
    const problems: FoundProblem[] = []
    let unsettled = 0
    for await (const { path, problem } of walkFolder(this.#dir, this.#outDir)) {
      if (!problem && basename(path).startsWith('.')) continue
      const version = problem ?? (await versionOf(path))
      if (!version) continue
      now.set(path, version)
      if (this.#before.get(path) !== version) unsettled++
      else if (problem) problems.push({ path, problem })
      else settled.push({ path, version })
    }
    this.#before = now
    return { settled, problems, unsettled }
  }
}

/** Null when the file is gone. */
export async function versionOf(path: string): Promise<string | null> {
  const entry = await stat(encodePath(path)).catch(() => null)
  return entry ? `${entry.size}-${entry.mtimeMs}` : null
}
