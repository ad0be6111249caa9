import { opendir } from 'node:fs/promises'
import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'
import { isImageFolder, resultStampOf } from '../result-stamp.ts'

export interface ListedResult {
  readonly imageId: string
  readonly stamp: string | null
}

const atOnce = 32

/** Every image folder of an output folder, in no order, with the stamp of its result. Nothing is kept. */
export function listResults(outDir: string, tell: (listed: ListedResult) => void): Promise<void> {
  return forEachConcurrently(imageFolders(outDir), atOnce, async (imageId) =>
    tell({ imageId, stamp: await resultStampOf(outDir, imageId) }),
  )
}

async function* imageFolders(outDir: string): AsyncIterable<string> {
  for await (const entry of await opendir(outDir, { bufferSize: 1024 })) {
    if (isImageFolder(entry.name)) yield entry.name
  }
}
