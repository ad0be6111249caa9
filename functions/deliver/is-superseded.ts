import { parseResult } from '../../lib/delivery/parse-result.ts'
import { ObjectNotFoundError, type ObjectStore } from '../../lib/screening/kernel/ports.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'

/**
 * Whether another result of the image has come since this one was told: that one has an event of its own, and is sent in
 * place of this one. One that was not analysed never takes the place of one that was.
 * @param at.toldAt When the event of `result` was sent, which may be long after it was analysed: an image sent again is
 * told again. ISO 8601.
 */
export async function isSuperseded(
  store: ObjectStore,
  tenant: string,
  result: ResultDocument,
  at: { readonly resultKey: string; readonly toldAt: string },
): Promise<boolean> {
  for await (const key of store.list(studyKeys.resultsOfImage(tenant, result.imageId))) {
    if (!key.endsWith('/result.json') || key === at.resultKey) continue
    const other = await readIfThere(store, key)
    if (!other || Date.parse(other.analysedAt) <= Date.parse(at.toldAt)) continue
    if (other.outcome !== 'not-analysed' || result.outcome === 'not-analysed') return true
  }
  return false
}

async function readIfThere(store: ObjectStore, key: string): Promise<ResultDocument | null> {
  try {
    return parseResult(await store.get(key))
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}
