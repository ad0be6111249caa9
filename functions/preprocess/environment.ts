import * as z from 'zod'

/** What the preprocessing Lambda is told. Infrastructure writes it with `satisfies PreprocessEnvironment`. */
export const preprocessEnvironment = z.object({
  STUDY_BUCKET: z.string().min(1),
  STAT_QUEUE_URL: z.url(),
  ROUTINE_QUEUE_URL: z.url(),
  /** Path below which each tenant's settings lie as one JSON parameter: `<path>/<tenant>`. */
  TENANTS_PARAMETER_PATH: z.string().startsWith('/'),
  EVENT_BUS_NAME: z.string().min(1),
  /** Larger uploads are refused without being read. Unit: bytes. */
  MAXIMUM_UPLOAD_BYTES: z.string().regex(/^\d+$/),
})

export type PreprocessEnvironment = z.input<typeof preprocessEnvironment>
