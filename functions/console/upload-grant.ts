import * as z from 'zod'

/** A grant must be begun within this. Unit: seconds. */
export const uploadGrantSeconds = 300

/** grants/<tenant>/<grantId>.json: for what a reader has asked to send. The name is the sender's own. */
export const uploadGrant = z.strictObject({
  schemaVersion: z.literal(1),
  name: z.string(),
  sizeBytes: z.number().int().positive(),
  grantedAt: z.iso.datetime(),
  /** Of a file that goes in parts: its digest, and by which name the bucket takes them together. */
  inParts: z.strictObject({ sha256: z.string(), multipart: z.string() }).optional(),
  /** Its sender has taken it back. */
  cancelled: z.literal(true).optional(),
})
export type UploadGrant = z.infer<typeof uploadGrant>
