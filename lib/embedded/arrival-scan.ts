import { stat } from 'node:fs/promises'
import { listInputs } from './list-inputs.ts'

export interface Arrival {
  readonly path: string
  /** Size and time of the last change: another version of the file has another one. */
  readonly version: string
}

/**
 * Finds files that have arrived in a folder: those unchanged since the scan before, so that one still being copied
 * is left to grow. A file that changes later arrives again, as another version.
 */
export class ArrivalScan {
  readonly #dir: string
  readonly #outDir: string
  #before = new Map<string, string>()

  constructor(dir: string, outDir: string) {
    this.#dir = dir
    this.#outDir = outDir
  }

  /** @returns settled files in order of name, and how many are still changing */
  async next(): Promise<{ settled: Arrival[]; unsettled: number }> {
    const now = new Map<string, string>()
    const settled: Arrival[] = []
    for (const path of await listInputs([this.#dir], this.#outDir)) {
      const version = await versionOf(path)
      if (!version) continue
      now.set(path, version)
      if (this.#before.get(path) === version) settled.push({ path, version })
    }
    this.#before = now
    return { settled, unsettled: now.size - settled.length }
  }
}

/** Null when the file is gone. */
export async function versionOf(path: string): Promise<string | null> {
  const entry = await stat(path).catch(() => null)
  return entry ? `${entry.size}-${entry.mtimeMs}` : null
}
