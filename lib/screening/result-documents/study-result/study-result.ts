import * as z from 'zod'
import type { StudySummary } from '../../kernel/ports.ts'
import { imageId } from '../../screening-job/study-keys.ts'

const count = z.number().int().nonnegative()
const probability = z.number().min(0).max(1)

/** What is odd about a study as a whole. Codes are added, never renamed. */
export const studyWarnings = ['patients-differ', 'models-differ', 'too-many-images'] as const
export type StudyWarning = (typeof studyWarnings)[number]

export const studyOutcomes = ['suspected', 'not-suspected', 'incomplete', 'not-analysed'] as const
export type StudyOutcome = (typeof studyOutcomes)[number]

const studyImage = z.strictObject({
  imageId,
  outcome: z.enum(['suspected', 'not-suspected', 'not-analysed']),
  reason: z
    .string()
    .nullable()
    .describe(
      "Why it was not analysed; 'system-failure': the system failed over it, 'no-result': it is under way, or failed",
    ),
  probability: probability.nullable(),
})

const studySide = z
  .strictObject({
    images: count.describe('Images with a region on this side'),
    probability: probability.describe('The highest of those images; it is of the image, not of the side'),
  })
  .nullable()

/** study.json: what the images of one study say together. Versioned; fields are added, never renamed. */
export const studyResult = z.strictObject({
  schemaVersion: z.literal(1),
  studyDigest: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe('Of the Study Instance UID: names the study in keys'),
  studyInstanceUid: z.string(),
  outcome: z
    .enum(studyOutcomes)
    .describe(
      "'suspected': in at least one image; 'not-suspected': in none, and every image known here was analysed; 'incomplete': in none of those analysed, and others were not; 'not-analysed': no image was. The last two must never be shown as a negative",
    ),
  probability: probability.nullable().describe('The highest of the images that were analysed'),
  decidingImage: imageId.nullable().describe('The suspected image of the highest probability, or else any image of it'),
  discordant: z.boolean().describe('Suspected, and in no suspected image was a region delineated'),
  sides: z
    .strictObject({ left: studySide, right: studySide })
    .nullable()
    .describe("The patient's sides on which regions lie. Null: none is told. A side without a region is no negative"),
  images: z.array(studyImage).describe('In the order of their ids; none where there are too many'),
  counts: z.strictObject({ images: count, suspected: count, notSuspected: count, notAnalysed: count }),
  notAnalysed: z.array(z.strictObject({ reason: z.string(), images: count })).describe('How many, by reason'),
  warnings: z
    .array(z.enum(studyWarnings))
    .describe(
      'patients-differ: PatientID or its issuer is not the same in all images; models-differ: not all were analysed alike; too-many-images: more than 100 share the UID, which then names no study: nothing is rolled up, nor counted further',
    ),
  notice: z.string(),
})

export type StudyResult = z.infer<typeof studyResult>

/** A study result in short. */
export const studySummary = z.strictObject({
  studyDigest: z.string().regex(/^[0-9a-f]{32}$/),
  outcome: z.enum(studyOutcomes),
  images: z.number().int().nonnegative(),
  notAnalysed: z.number().int().nonnegative(),
}) satisfies z.ZodType<StudySummary>
