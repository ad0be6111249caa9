import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'

export interface ListedResult {
  readonly imageId: string
  /** Tells a result from one that was written over it; null where the folder holds none (yet). */
  readonly stamp: string | null
}

const atOnce = 32

/** Every image folder of an output folder, in no order, with the version of its result. Nothing is kept. */
export function listResults(outDir: string, tell: (listed: ListedResult) => void): Promise<void> {
  return forEachConcurrently(imageFolders(outDir), atOnce, async (imageId) =>
    tell({ imageId, stamp: await stampOf(join(outDir, imageId, 'result.json')) }),
  )
}

async function* imageFolders(outDir: string): AsyncIterable<string> {
  for await (const entry of await opendir(outDir, { bufferSize: 1024 })) {
    if (/^[0-9a-f]{32}$/.test(entry.name)) yield entry.name
  }
}

async function stampOf(file: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs } = await stat(file)
    return `${ino} ${size} ${mtimeMs}`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}
