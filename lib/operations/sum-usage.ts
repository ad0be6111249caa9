import type { ObjectStore } from '../screening/kernel/ports.ts'
import { studyKeys } from '../screening/screening-job/study-keys.ts'
import { isDamaged, readUsage } from '../screening/usage/read-usage.ts'
import type { UsageReceipt } from '../screening/usage/usage-receipt.ts'
import { type UsageSummary, UsageTally } from '../screening/usage/usage-summary.ts'

/**
 * One tenant's usage of one month, image by image, so that memory does not grow with the month. Damaged receipts are
 * named in the summary and are not in its sums.
 * @param onImage gets the sound receipts of each image, and is waited for
 */
export async function sumUsage(
  store: ObjectStore,
  tenant: string,
  month: string,
  onImage: (receipts: readonly UsageReceipt[]) => Promise<void>,
): Promise<UsageSummary> {
  const tally = new UsageTally()
  for await (const usage of readUsage(store, tenant, month)) {
    tally.add(usage)
    if (!isDamaged(usage)) await onImage(usage.receipts)
  }
  return tally.summarise(tenant, month)
}

/** Nearly the number of images that `sumUsage` will name: each is admitted once. For a progress bar. */
export async function countAdmissions(store: ObjectStore, tenant: string, month: string): Promise<number> {
  let count = 0
  for await (const _ of store.list(studyKeys.admissions(tenant, month))) count++
  return count
}
