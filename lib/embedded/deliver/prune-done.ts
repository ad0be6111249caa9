import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FolderDeliveryQueue } from '../../adapters/embedded/folder-delivery-queue.ts'
import { FolderObjectStore } from '../../adapters/embedded/folder-object-store.ts'
import type { ResultDocument } from '../../screening/result-documents/result-document.ts'
import { readResult } from '../../screening/result-documents/write-result.ts'

/** What was delivered is kept for so long at least, whatever became of its result. Unit: ms. */
const keptMs = 30 * 86_400_000

export interface PruneOptions {
  readonly outDir: string
  /** The key under which a result would be delivered to the queue's target now. */
  readonly keyOf: (result: ResultDocument) => string
  /** Unit: ms since the epoch. */
  readonly nowMs: number
}

/**
 * Forgets, in one part of a queue, the ends of deliveries that no scan can ask for again: the image's folder is gone, or
 * another result stands there, which has a key of its own. Never by age alone, which would send everything again.
 * @returns how many it forgot
 */
export async function pruneDone(
  queue: Pick<FolderDeliveryQueue, 'settledIn' | 'forgetSettled'>,
  part: number,
  { outDir, keyOf, nowMs }: PruneOptions,
): Promise<number> {
  const store = new FolderObjectStore(outDir)
  let forgotten = 0
  for await (const { key, imageId, at } of queue.settledIn(part)) {
    if (!(nowMs - Date.parse(at) > keptMs)) continue
    if (await isThere(join(outDir, imageId))) {
      const standing = await readResult(store, imageId)
      // While an image is screened anew there is no result.json for a moment: nothing is known then.
      if (!standing || keyOf(standing) === key) continue
    }
    await queue.forgetSettled(key)
    forgotten++
  }
  return forgotten
}

async function isThere(folder: string): Promise<boolean> {
  try {
    await stat(folder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
