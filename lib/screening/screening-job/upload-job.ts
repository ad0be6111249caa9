import * as z from 'zod'
import { lanes } from './tenant.ts'

/** One version of an object that was put below `uploads/`. */
export interface Upload {
  readonly key: string
  readonly versionId: string | null
  /** Tells versions apart, also in a bucket without versioning. */
  readonly version: string
  readonly sizeBytes: number
}

const uploadJob = z.strictObject({
  schemaVersion: z.literal(1),
  upload: z.strictObject({
    key: z.string().min(1),
    versionId: z.string().nullable(),
    version: z.string(),
    sizeBytes: z.number().int().nonnegative(),
  }) satisfies z.ZodType<Upload>,
  lane: z.enum(lanes),
  /** When the upload was put into its lane. Unit: ms since the Unix epoch. */
  enqueuedAt: z.number().int().nonnegative(),
  /** How often preprocessing sent it again, as a new message, after a transient failure. */
  returns: z.number().int().nonnegative(),
})

/**
 * An upload in its lane, before preprocessing. Like the S3 notification that it is made from, it holds the sender's
 * key.
 */
export type UploadJob = z.infer<typeof uploadJob>

export const buildUploadJob = (job: Omit<UploadJob, 'schemaVersion'>): string =>
  JSON.stringify({ schemaVersion: 1, ...job } satisfies UploadJob)

/** @returns null when the message is not an upload job, but e.g. a notification of S3 */
export function parseUploadJob(body: string): UploadJob | null {
  try {
    return uploadJob.parse(JSON.parse(body))
  } catch {
    return null
  }
}
