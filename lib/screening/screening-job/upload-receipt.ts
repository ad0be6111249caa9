import * as z from 'zod'
import { imageId } from './study-keys.ts'
import { lanes, tenantId } from './tenant.ts'

/** What became of one version of one upload; lies among the tenant's own results. */
export const uploadReceipt = z.strictObject({
  schemaVersion: z.literal(1),
  uploadId: imageId,
  tenant: tenantId,
  /** As the sender named it. */
  key: z.string(),
  /** The image that the upload holds; its uploadId when it was not read. */
  imageId,
  /** `queued`: the image is analysed, or was by an earlier upload; `not-analysed`: its result says why. */
  outcome: z.enum(['queued', 'not-analysed']),
  /** Whether another upload brought the same image before. */
  duplicate: z.boolean(),
  lane: z.enum(lanes),
  /** Below it lie all results of the image, `<screening>/result.json`: also those of older bundles. */
  results: z.string(),
  /** The result that this upload leads to, now or soon; an older one may be there already, under another key. */
  resultKey: z.string(),
  receivedAt: z.iso.datetime(),
})

export type UploadReceipt = z.infer<typeof uploadReceipt>
