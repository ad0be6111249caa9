import * as z from 'zod'
import { imageId } from '../screening-job/study-keys.ts'
import { lanes, tenantId } from '../screening-job/tenant.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** One billed image. Written once, after its result; rejected images and duplicates have none. */
export const usageReceipt = z.strictObject({
  schemaVersion: z.literal(1),
  tenant: tenantId,
  imageId,
  outcome: z.enum(['suspected', 'not-suspected']),
  lane: z.enum(lanes),
  /** Digests of the bundles that analysed it. */
  models: z.array(z.strictObject({ id: z.string(), sha256 })),
  screeningKey: sha256,
  analysedAt: z.iso.datetime(),
  /** By stage, e.g. decode, classification, segmentation. */
  timingsMs: z.record(z.string(), z.number().nonnegative()),
  /** Whether this was the first image of its worker. */
  cold: z.boolean(),
  estimatedCostUsd: z.number().nonnegative(),
})

export type UsageReceipt = z.infer<typeof usageReceipt>
