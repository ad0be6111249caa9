import * as z from 'zod'

/** The environment variables of the dispatching Lambda. Infrastructure writes it with `satisfies DispatchEnvironment`. */
export const dispatchEnvironment = z.object({
  STAT_QUEUE_URL: z.url(),
  ROUTINE_QUEUE_URL: z.url(),
  BATCH_JOB_QUEUE: z.string().min(1),
  BATCH_JOB_DEFINITION: z.string().min(1),
  /** Images one drain job is expected to take; more backlog means more jobs. */
  IMAGES_PER_JOB: z.string().regex(/^[1-9]\d*$/),
  MAXIMUM_JOBS: z.string().regex(/^[1-9]\d*$/),
})

export type DispatchEnvironment = z.input<typeof dispatchEnvironment>
