import * as z from 'zod'
import { studySummary } from '../../screening/result-documents/study-result/study-result.ts'

export const studyId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .describe('The image id; of a file that could not be read, and so has none, digits of its path that name nobody')

/** One radiograph, or one file of which nothing could be found out. */
export const worklistRow = z
  .strictObject({
    studyId,
    names: z.array(z.string()).describe('Of the files, without their folders: as the sender named them'),
    outcome: z.enum(['suspected', 'not-suspected', 'not-analysed']),
    discordant: z.boolean(),
    reason: z
      .strictObject({ code: z.string(), remedy: z.string() })
      .nullable()
      .describe('Why it was not analysed; null when it was'),
    probability: z.number().min(0).max(1).nullable(),
    threshold: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe('The operating point that the probability was held against'),
    side: z.enum(['left', 'right', 'both']).nullable().describe("The patient's side"),
    viewPosition: z.string().nullable(),
    priority: z
      .enum(['urgent', 'first', 'in-turn'])
      .describe(
        "'urgent': marked so by a reader, or both ordered so and suspected; 'first': ordered so, or suspected, in this image or another of its study. What a model says raises it and never lowers it",
      ),
    priorityReasons: z.array(z.enum(['marked-urgent', 'ordered-urgent', 'suspected', 'suspected-in-study'])),
    urgentMark: z
      .strictObject({ reader: z.string(), markedAt: z.iso.datetime() })
      .nullable()
      .describe('Who has marked its study as urgent, last; null where nobody has, or it was taken back'),
    study: studySummary.nullable().describe("What the images of its study say together: 'incomplete' is no negative"),
    waitingSince: z.iso.datetime().nullable().describe('Null where nobody knows: such a row waits longest'),
    reading: z.enum(['unread', 'in-reading', 'done']).describe('done: somebody has reviewed this result'),
    reviews: z.number().int().nonnegative(),
  })
  .meta({ id: 'WorklistRow' })

export type WorklistRow = z.infer<typeof worklistRow>

export const worklistChanges = z
  .strictObject({
    cursor: z.string().describe('Give it as `since` to be told only what changes after this answer'),
    isComplete: z.boolean().describe('True: these are all rows, and no others stand'),
    rows: z.array(worklistRow),
    setAside: z.number().int().nonnegative().describe('Files that were no pictures by name and content'),
  })
  .meta({ id: 'WorklistChanges' })

export type WorklistChanges = z.infer<typeof worklistChanges>
