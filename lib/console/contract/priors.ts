import * as z from 'zod'
import { studyId } from './worklist.ts'

const count = z.number().int().nonnegative()

/** Earlier examinations of the same patient among the results. Neither who the patient is nor a digest of it is told. */
export const priors = z
  .strictObject({
    studyDate: z.iso.date().nullable().describe('Of the examination that was asked for'),
    priors: z
      .array(
        z.strictObject({
          studyId,
          studyDate: z.iso.date(),
          isAnalysed: z.boolean().describe('Where it was not, there is no picture to lay beside'),
          daysBefore: count.describe('Before the examination that was asked for'),
        }),
      )
      .describe('Images of other studies that were taken earlier, the newest first'),
    isIssuerKnown: z
      .boolean()
      .describe('Whether the file says who gave the patient identifier; false: the identifier alone was compared'),
    unknown: z
      .enum(['no-patient-identifier', 'no-study-date', 'file-gone', 'not-offered'])
      .nullable()
      .describe('Why nobody can know of priors'),
    waiting: count.describe('Images whose files have not been looked into yet: ask again'),
    gone: count.describe('Images whose files are gone: of which patient they are cannot be known'),
  })
  .meta({ id: 'Priors' })

export type Priors = z.infer<typeof priors>
