import * as z from 'zod'

/** What the Lambda that writes the results table is told. Infrastructure writes it with `satisfies TableEnvironment`. */
export const tableEnvironment = z.object({
  STUDY_BUCKET: z.string().min(1),
  TABLE_BUCKET: z.string().min(1),
})

export type TableEnvironment = z.input<typeof tableEnvironment>
