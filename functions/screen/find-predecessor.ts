import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { type Predecessor, predecessorOf } from '../../lib/screening/result-documents/predecessor.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { readResultAt } from '../../lib/screening/result-documents/write-result.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'

/** The latest result of the image by other models or another version; null when none holds what can be replaced. */
export async function findPredecessor(
  store: ObjectStore,
  { tenant, imageId }: { readonly tenant: string; readonly imageId: string },
  screeningKey: string,
  softwareVersion: string,
): Promise<Predecessor | null> {
  let latest: ResultDocument | null = null
  for await (const key of store.list(studyKeys.resultsOfImage(tenant, imageId))) {
    if (!key.endsWith('/result.json')) continue
    const result = await readResultAt(store, key)
    if (!predecessorOf(result, screeningKey, softwareVersion)) continue
    if (!latest || result.analysedAt > latest.analysedAt) latest = result
  }
  return predecessorOf(latest, screeningKey, softwareVersion)
}
