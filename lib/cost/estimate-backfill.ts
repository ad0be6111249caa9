import { type CostEstimate, estimateCost } from './estimate-cost.ts'
import type { ProfileName } from './fleet.ts'
import type { PriceTable } from './prices.ts'

export interface BackfillQuestion {
  readonly images: number
  readonly sizeBytes: number
  /** As many as may be on their way, topped up every 10 s. */
  readonly atATime: number
  readonly profile: ProfileName
  readonly endpoints: 'economy' | 'private'
}

export interface BackfillEstimate {
  readonly days: number
  readonly imagesPerDay: number
  readonly fleet: CostEstimate
  /** To copy each image into the study bucket, and to keep it there for 30 days. Unit: USD. */
  readonly copiesUsd: number
  readonly totalUsd: number
}

const topUpsPerDay = 8640
const bytesPerGb = 1e9

/** What an archive costs that is fed at the pace of its lane, by the model of `pleura cost` at an even pace. */
export function estimateBackfill(question: BackfillQuestion, prices: PriceTable): BackfillEstimate {
  const { images, sizeBytes, atATime, profile, endpoints } = question
  const imagesPerDay = Math.min(images, atATime * topUpsPerDay)
  const days = Math.max(1, Math.ceil(images / imagesPerDay))
  const at = { pattern: 'steady', days, statShare: 0, seed: 1, changes: {} } as const
  const fleet = estimateCost({ imagesPerDay: images / days, profile, endpoints, ...at }, prices)
  const copiesUsd =
    (images / 1000) * (prices.s3ThousandWrites + prices.s3ThousandReads) + (sizeBytes / bytesPerGb) * prices.s3GbMonth
  return { days, imagesPerDay, fleet, copiesUsd, totalUsd: fleet.totalUsd + copiesUsd }
}
