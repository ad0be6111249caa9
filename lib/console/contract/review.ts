import * as z from 'zod'
import { textUpTo } from './text-up-to.ts'
import { studyId } from './worklist.ts'

/** Unit: characters of base64. A mask that a hand has drawn takes a hundredth of it. */
export const maskLimitCharacters = 4 * 2 ** 20

const side = z.enum(['left', 'right', 'both']).nullable().describe("The patient's side; null unless present")

const said = {
  reviewer: textUpTo(100).regex(/\S/, 'a name is needed').trim(),
  agreement: z.enum(['agree', 'disagree', 'unsure']),
  note: textUpTo(2000),
}

const drawn = z
  .string()
  .max(maskLimitCharacters)
  .regex(/^([0-9a-zA-Z+/]{4})*([0-9a-zA-Z+/]{2}==|[0-9a-zA-Z+/]{3}=)?$/, 'not base64')
  .nullable()
  .default(null)
  .describe(
    'The region as the reader has drawn it, in base64: an opaque PNG in the geometry of the source, white air, else black',
  )

const nothing = z.null().default(null)

/** What a reader says of a result, by what the reader sees: only what is present has a side, and what is absent no mask. */
export const reviewRequest = z
  .discriminatedUnion('pneumothorax', [
    z.strictObject({ ...said, pneumothorax: z.literal('present'), side, mask: drawn }),
    z.strictObject({ ...said, pneumothorax: z.literal('undecided'), side: z.null(), mask: drawn }),
    z.strictObject({ ...said, pneumothorax: z.literal('absent'), side: z.null(), mask: nothing }),
  ])
  .meta({ id: 'ReviewRequest' })

export const review = z
  .strictObject({
    ...said,
    pneumothorax: z.enum(['present', 'absent', 'undecided']).describe('What the reader sees'),
    side,
    reviewId: z.uuid(),
    studyId,
    screeningKey: z.string().nullable().describe('Of the result that was reviewed; null where there was none'),
    outcome: z.enum(['suspected', 'not-suspected', 'not-analysed']).describe('What that result said'),
    reviewedAt: z.iso.datetime(),
    mask: z
      .strictObject({ areaPixels: z.number().int().positive(), sha256: z.string() })
      .nullable()
      .default(null)
      .describe('What the reader has drawn, stored as 8-bit PNG in the geometry of the source: 255 air'),
  })
  .meta({ id: 'Review' })

export type ReviewRequest = z.infer<typeof reviewRequest>
export type Review = z.infer<typeof review>
