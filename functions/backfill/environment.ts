import * as z from 'zod'

/** What the Lambda that feeds archives is told. Infrastructure writes it with `satisfies BackfillEnvironment`. */
export const backfillEnvironment = z.object({
  STUDY_BUCKET: z.string().min(1),
  /** URLs of all queues that an image passes, divided by commas. */
  QUEUE_URLS: z.string().min(1),
  /** Images of archives and of everybody that may be on their way before another one is fed. */
  AT_A_TIME: z.string().regex(/^[1-9]\d*$/),
})

export type BackfillEnvironment = z.input<typeof backfillEnvironment>
