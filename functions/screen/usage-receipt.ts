import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import type { StudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { monthOf, studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { type UsageReceipt, usageReceipt } from '../../lib/screening/usage/usage-receipt.ts'

const msPerHour = 3_600_000

/**
 * The receipt of a stored result. All but the price comes from the result, so that every worker that comes to it names
 * the same month, digests and times; the first one's receipt stands.
 */
export async function writeUsageReceipt(
  store: ObjectStore,
  { tenant, lane }: StudyJob,
  result: ResultDocument,
  hourlyCostUsd: number,
): Promise<void> {
  const { outcome, imageId, screeningKey, analysedAt, timingsMs } = result
  if (outcome === 'not-analysed') return
  const { machine = 0, coldStart } = timingsMs
  const receipt: UsageReceipt = usageReceipt.parse({
    schemaVersion: 1,
    tenant,
    imageId,
    outcome,
    lane,
    models: result.models.map(({ id, sha256 }) => ({ id, sha256 })),
    screeningKey,
    analysedAt,
    timingsMs,
    cold: coldStart !== undefined,
    estimatedCostUsd: (hourlyCostUsd * (machine + (coldStart ?? 0))) / msPerHour,
  })
  const key = studyKeys.usageReceipt(tenant, monthOf(Date.parse(analysedAt)), imageId, screeningKey)
  const body = new TextEncoder().encode(`${JSON.stringify(receipt, null, 2)}\n`)
  await store.put(key, body, { ifAbsent: true, contentType: 'application/json' })
}
