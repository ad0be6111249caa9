import type { StudyEventDetail } from '../../lib/delivery/cloud-message.ts'
import { parseResult } from '../../lib/delivery/parse-result.ts'
import { ObjectNotFoundError, type ObjectStore } from '../../lib/screening/kernel/ports.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { buildResultRow, type ResultRow } from '../../lib/screening/result-documents/result-row.ts'
import { monthOf, studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { type UsageReceipt, usageReceipt } from '../../lib/screening/usage/usage-receipt.ts'

/** No result of ours lies under the key of an event: a defect. */
export class UnreadableResultError extends Error {
  override readonly name = 'UnreadableResultError'
}

/**
 * The row of the result that an event tells of, from what lies in the bucket alone: whenever it is made again, it says the
 * same but for other results that have come to the image meanwhile.
 * @returns null when the result was deleted since: what is not there is not counted
 * @throws {UnreadableResultError}
 */
export async function readRow(store: ObjectStore, detail: StudyEventDetail): Promise<ResultRow | null> {
  const { tenant, lane, resultKey } = detail
  const bytes = await getIfThere(store, resultKey)
  if (!bytes) return null
  const result = parseResult(bytes)
  if (!result || result.imageId !== detail.imageId || keyOf(tenant, result) !== resultKey) {
    throw new UnreadableResultError('no result of this image and tenant lies under the key of its event')
  }
  const [others, receipt] = await Promise.all([
    readOthers(store, tenant, result.imageId, resultKey),
    readReceipt(store, tenant, result),
  ])
  const earlier = others.filter(({ analysedAt }) => Date.parse(analysedAt) < Date.parse(result.analysedAt))
  const isAnalysed = ({ outcome }: ResultDocument) => outcome !== 'not-analysed'
  return buildResultRow(result, {
    tenant,
    // One that was not analysed never takes the place of one that was.
    superseded: !isAnalysed(result) && others.some(isAnalysed),
    replacesEarlier: earlier.length > 0,
    lane: receipt?.lane ?? lane,
    cold: receipt?.cold ?? null,
    estimatedCostUsd: receipt?.estimatedCostUsd ?? null,
  })
}

const keyOf = (tenant: string, { imageId, screeningKey }: ResultDocument): string =>
  `${studyKeys.resultPrefix(tenant, imageId, screeningKey)}result.json`

/** The other results of an image, which nearly always has none. */
async function readOthers(
  store: ObjectStore,
  tenant: string,
  imageId: string,
  resultKey: string,
): Promise<ResultDocument[]> {
  const others: ResultDocument[] = []
  for await (const key of store.list(studyKeys.resultsOfImage(tenant, imageId))) {
    if (!key.endsWith('/result.json') || key === resultKey) continue
    const bytes = await getIfThere(store, key)
    const other = bytes && parseResult(bytes)
    if (other) others.push(other)
  }
  return others
}

/** What was billed for it: written before its event. What was not analysed has none. */
async function readReceipt(store: ObjectStore, tenant: string, result: ResultDocument): Promise<UsageReceipt | null> {
  const { outcome, imageId, screeningKey, analysedAt } = result
  if (outcome === 'not-analysed') return null
  const key = studyKeys.usageReceipt(tenant, monthOf(Date.parse(analysedAt)), imageId, screeningKey)
  const bytes = await getIfThere(store, key)
  return bytes && usageReceipt.parse(JSON.parse(new TextDecoder().decode(bytes)))
}

async function getIfThere(store: ObjectStore, key: string): Promise<Uint8Array | null> {
  try {
    return await store.get(key)
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}
