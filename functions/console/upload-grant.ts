import * as z from 'zod'

/** grants/<tenant>/<grantId>.json: for what a reader has asked to send. The name is the sender's own. */
export const uploadGrant = z.strictObject({
  schemaVersion: z.literal(1),
  name: z.string(),
  sizeBytes: z.number().int().positive(),
  grantedAt: z.iso.datetime(),
})
export type UploadGrant = z.infer<typeof uploadGrant>
