import * as z from 'zod'
import { textUpTo } from './text-up-to.ts'
import { studyId } from './worklist.ts'

export const urgencyRequest = z
  .strictObject({
    reader: textUpTo(100).regex(/\S/, 'a name is needed').trim(),
    urgent: z.boolean().describe('False: no longer, whoever had marked it'),
  })
  .meta({ id: 'UrgencyRequest' })

/** That a reader has marked a study as urgent, or no longer. */
export const urgencyMark = z.strictObject({
  ...urgencyRequest.shape,
  markId: z.uuid(),
  studyId,
  markedAt: z.iso.datetime(),
})

export type UrgencyRequest = z.infer<typeof urgencyRequest>
export type UrgencyMark = z.infer<typeof urgencyMark>
