import * as z from 'zod'
import { monthUsage } from './month-usage.ts'
import { studyId } from './worklist.ts'

const count = z.number().int().nonnegative()
const ms = z.number().nonnegative()

const spread = z
  .strictObject({ images: count, medianMs: ms, p95Ms: ms, longestMs: ms })
  .nullable()
  .meta({ id: 'OperationsSpread', description: 'Null where there is no image' })

/** How the screening runs, from what stands in the worklist. Times are UTC. */
export const operations = z
  .strictObject({
    images: count,
    setAside: count.describe('Files that were no pictures by name and content'),
    days: z
      .array(
        z.strictObject({
          day: z.iso.date(),
          analysed: count,
          suspected: count.describe('Of the analysed'),
          rejected: count.describe('A picture that could not be analysed'),
          reviews: count,
        }),
      )
      .describe('The last 14 days, the newest first'),
    undated: count.describe(
      'Rows of which no result was stored, and so no time: failures of the system, files that could not be opened',
    ),
    waiting: z
      .strictObject({ first: spread, inTurn: spread })
      .describe('What nobody has reviewed: since when it waits, what is suspected and the rest'),
    turnaround: spread.describe('From the result to its first review'),
    rejections: z.array(z.strictObject({ code: z.string(), remedy: z.string(), images: count })),
    failures: z.array(studyId).describe('What the system failed over, and may be screened again'),
    stages: z.array(z.strictObject({ stage: z.string(), spread })).describe('How long the stages took, by their names'),
    models: z.array(
      z.strictObject({
        id: z.string(),
        version: z.string().nullable(),
        sha256: z.string(),
        images: count,
        lastAt: z.iso.datetime().nullable(),
      }),
    ),
    drift: z
      .strictObject({
        reference: z.strictObject({ until: z.iso.datetime(), images: count }).describe('All that was analysed before'),
        current: z.strictObject({ images: count }).describe('What was analysed since'),
        alarms: z.array(z.string()),
        tests: z.array(
          z.strictObject({
            figure: z.string(),
            status: z.enum(['alarm', 'calm', 'not-tested']),
            effectName: z.string(),
            effect: z.number().nullable(),
            threshold: z.number(),
            adjustedP: z.number().nullable(),
            remark: z.string(),
          }),
        ),
      })
      .describe('The last seven days against all before, as `pleura monitor` compares periods'),
    usage: monthUsage.nullable().describe('Null on one machine, where nothing is billed'),
  })
  .meta({ id: 'Operations' })

export type Operations = z.infer<typeof operations>
export type OperationsSpread = z.infer<typeof spread>
