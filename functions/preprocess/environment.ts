import * as z from 'zod'

/** What the preprocessing Lambda is told. Infrastructure writes it with `satisfies PreprocessEnvironment`. */
export const preprocessEnvironment = z.object({
  STUDY_BUCKET: z.string().min(1),
  /** KMS key of the bucket's objects. */
  STUDY_KEY_ARN: z.string().min(1),
  /** Notifications of S3. */
  UPLOAD_QUEUE_URL: z.url(),
  /** The lanes of uploads, before preprocessing. */
  STAT_UPLOADS_QUEUE_URL: z.url(),
  ROUTINE_UPLOADS_QUEUE_URL: z.url(),
  /** The lanes of jobs, behind it. */
  STAT_QUEUE_URL: z.url(),
  ROUTINE_QUEUE_URL: z.url(),
  /** Path below which each tenant's settings lie as one JSON parameter: `<path>/<tenant>`. */
  TENANTS_PARAMETER_PATH: z.string().startsWith('/'),
  EVENT_BUS_NAME: z.string().min(1),
  /** Larger uploads are refused without being read. Unit: bytes. */
  MAXIMUM_UPLOAD_BYTES: z.string().regex(/^\d+$/),
})

export type PreprocessEnvironment = z.input<typeof preprocessEnvironment>
