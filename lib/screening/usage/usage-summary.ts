import { ExponentialHistogram } from './exponential-histogram.ts'
import { type DamagedUsage, type ImageUsage, isDamaged } from './read-usage.ts'
import type { UsageReceipt } from './usage-receipt.ts'

/** All damaged receipts are counted, and at most this many are listed. */
const namedAtMost = 100

/** Unit of all times: milliseconds. Quantiles are right to within 1 %. */
export interface StageUsage {
  readonly images: number
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly maximum: number
}

/** One tenant's month. */
export interface UsageSummary {
  readonly tenant: string
  readonly month: string
  readonly receipts: number
  /** Distinct images; fewer than the receipts when an image was analysed again by other bundles or thresholds. */
  readonly images: number
  readonly byOutcome: Readonly<Record<string, number>>
  readonly byLane: Readonly<Record<string, number>>
  readonly byModels: readonly { readonly models: UsageReceipt['models']; readonly receipts: number }[]
  readonly cold: number
  readonly coldShare: number
  readonly stagesMs: Readonly<Record<string, StageUsage>>
  readonly estimatedCostUsd: number
  readonly admissions: {
    readonly admitted: number
    readonly billed: number
    /** Admitted without a receipt in this month, by reason. */
    readonly notBilled: Readonly<Record<string, number>>
    /** Images with a receipt that were admitted in another month, or analysed again without being admitted again. */
    readonly billedWithoutAdmission: number
  }
  readonly damaged: { readonly count: number; readonly named: readonly DamagedUsage[] }
}

/** Adds up the usage of images one by one, in memory that does not grow with their number. */
export class UsageTally {
  #receipts = 0
  #images = 0
  #cold = 0
  #costUsd = 0
  #admitted = 0
  #billed = 0
  #billedWithoutAdmission = 0
  #damaged = 0
  readonly #named: DamagedUsage[] = []
  readonly #outcomes = new Map<string, number>([
    ['suspected', 0],
    ['not-suspected', 0],
  ])
  readonly #lanes = new Map<string, number>()
  readonly #models = new Map<string, number>()
  readonly #stages = new Map<string, ExponentialHistogram>()
  readonly #notBilled = new Map<string, number>()

  add(usage: ImageUsage | DamagedUsage): void {
    if (isDamaged(usage)) {
      this.#addDamaged(usage)
      return
    }
    for (const damaged of usage.damaged) this.#addDamaged(damaged)
    for (const receipt of usage.receipts) this.#addReceipt(receipt)
    const billed = usage.receipts.length > 0
    if (billed) this.#images++
    if (usage.admitted) this.#admitted++
    if (usage.admitted && billed) this.#billed++
    if (usage.admitted && usage.unbilledReason !== null) increment(this.#notBilled, usage.unbilledReason)
    if (!usage.admitted && billed) this.#billedWithoutAdmission++
  }

  #addDamaged(damaged: DamagedUsage): void {
    this.#damaged++
    if (this.#named.length < namedAtMost) this.#named.push(damaged)
  }

  #addReceipt(receipt: UsageReceipt): void {
    this.#receipts++
    this.#cold += Number(receipt.cold)
    this.#costUsd += receipt.estimatedCostUsd
    increment(this.#outcomes, receipt.outcome)
    increment(this.#lanes, receipt.lane)
    increment(this.#models, JSON.stringify(receipt.models))
    for (const [stage, ms] of Object.entries(receipt.timingsMs)) {
      const histogram = this.#stages.get(stage) ?? new ExponentialHistogram()
      histogram.add(ms)
      this.#stages.set(stage, histogram)
    }
  }

  summarise(tenant: string, month: string): UsageSummary {
    return {
      tenant,
      month,
      receipts: this.#receipts,
      images: this.#images,
      byOutcome: Object.fromEntries(this.#outcomes),
      byLane: Object.fromEntries(this.#lanes),
      byModels: [...this.#models].map(([models, receipts]) => ({ models: JSON.parse(models), receipts })),
      cold: this.#cold,
      coldShare: this.#receipts === 0 ? 0 : this.#cold / this.#receipts,
      stagesMs: Object.fromEntries([...this.#stages].map(([stage, histogram]) => [stage, stageUsage(histogram)])),
      estimatedCostUsd: this.#costUsd,
      admissions: {
        admitted: this.#admitted,
        billed: this.#billed,
        notBilled: Object.fromEntries([...this.#notBilled].sort(([a], [b]) => (a < b ? -1 : 1))),
        billedWithoutAdmission: this.#billedWithoutAdmission,
      },
      damaged: { count: this.#damaged, named: this.#named },
    }
  }
}

function stageUsage(histogram: ExponentialHistogram): StageUsage {
  return {
    images: histogram.count,
    mean: histogram.mean,
    p50: histogram.quantile(0.5),
    p95: histogram.quantile(0.95),
    p99: histogram.quantile(0.99),
    maximum: histogram.maximum,
  }
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
