import type { Usage } from '../../lib/console/api/console-ports.ts'
import type { MonthUsage } from '../../lib/console/contract/month-usage.ts'
import type { Clock } from '../../lib/screening/kernel/ports.ts'
import { monthOf, studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import type { Tenant } from '../../lib/screening/screening-job/tenant.ts'
import { type DamagedUsage, isDamaged, parseReceipt } from '../../lib/screening/usage/read-usage.ts'
import type { UsageReceipt } from '../../lib/screening/usage/usage-receipt.ts'
import { DocumentsBelow } from './documents-below.ts'
import type { TenantStore } from './tenant-store.ts'

/** As long as the count of preprocessing holds, which stops by it. Unit: ms. */
const standsMs = 60_000

export type Limits = Pick<Tenant, 'monthlyQuotaImages' | 'monthlyBudgetUsd' | 'estimatedCostUsdPerImage'>

/** One tenant's usage of the month, by the admissions and receipts in the study bucket. */
export class TenantUsage implements Usage {
  readonly #store: TenantStore
  readonly #tenant: string
  readonly #clock: Clock
  readonly #limitsOf: () => Promise<Limits>
  #receipts: { readonly month: string; readonly documents: DocumentsBelow<UsageReceipt | DamagedUsage> } | null = null
  #known: { readonly usage: Promise<MonthUsage>; readonly until: number } | null = null

  constructor(store: TenantStore, tenant: string, clock: Clock, limitsOf: () => Promise<Limits>) {
    this.#store = store
    this.#tenant = tenant
    this.#clock = clock
    this.#limitsOf = limitsOf
  }

  thisMonth(): Promise<MonthUsage> {
    if (this.#known && this.#clock.monotonic() < this.#known.until) return this.#known.usage
    const usage = this.#sum(monthOf(this.#clock.now()))
    const known = { usage, until: this.#clock.monotonic() + standsMs }
    this.#known = known
    usage.catch(() => {
      if (this.#known === known) this.#known = null
    })
    return usage
  }

  async #sum(month: string): Promise<MonthUsage> {
    const [limits, admitted, receipts] = await Promise.all([
      this.#limitsOf(),
      this.#countAdmissions(month),
      this.#receiptsOf(month).look(0),
    ])
    const billed = { suspected: 0, notSuspected: 0 }
    let damagedReceipts = 0
    let estimatedCostUsd = 0
    for (const { value } of receipts.values()) {
      if (isDamaged(value)) damagedReceipts++
      else {
        billed[value.outcome === 'suspected' ? 'suspected' : 'notSuspected']++
        estimatedCostUsd += value.estimatedCostUsd
      }
    }
    return {
      month,
      admitted,
      quotaImages: limits.monthlyQuotaImages,
      spentUsd: admitted * limits.estimatedCostUsdPerImage,
      budgetUsd: limits.monthlyBudgetUsd,
      billed,
      damagedReceipts,
      estimatedCostUsd,
    }
  }

  async #countAdmissions(month: string): Promise<number> {
    let count = 0
    for await (const _ of this.#store.listDated(studyKeys.admissions(this.#tenant, month))) count++
    return count
  }

  /** Each receipt is read once. */
  #receiptsOf(month: string): DocumentsBelow<UsageReceipt | DamagedUsage> {
    if (this.#receipts?.month !== month) {
      const documents = new DocumentsBelow(this.#store, this.#clock, {
        prefix: studyKeys.usageReceipts(this.#tenant, month),
        parserOf: (key) => (bytes) => parseReceipt(bytes, key, this.#tenant, month),
      })
      this.#receipts = { month, documents }
    }
    return this.#receipts.documents
  }
}
