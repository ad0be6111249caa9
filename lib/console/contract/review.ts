import * as z from 'zod'
import { studyId } from './worklist.ts'

/** Unit: characters of base64. A mask that a hand has drawn takes a hundredth of it. */
export const maskLimitCharacters = 4 * 2 ** 20

/** What a reader says of a result. */
export const reviewRequest = z
  .strictObject({
    reviewer: z.string().trim().min(1).max(100),
    agreement: z.enum(['agree', 'disagree', 'unsure']),
    pneumothorax: z.enum(['present', 'absent', 'undecided']).describe('What the reader sees'),
    side: z.enum(['left', 'right', 'both']).nullable().describe("The patient's side; null unless present"),
    note: z.string().max(2000),
    mask: z
      .base64()
      .max(maskLimitCharacters)
      .nullable()
      .default(null)
      .describe(
        'The region as the reader has drawn it: an opaque PNG in the geometry of the source, white air, else black',
      ),
  })
  .refine(({ pneumothorax, side }) => pneumothorax === 'present' || side === null, {
    message: 'a side belongs to a pneumothorax that is present',
    path: ['side'],
  })
  .refine(({ pneumothorax, mask }) => pneumothorax !== 'absent' || mask === null, {
    message: 'a mask belongs to a pneumothorax that is present or undecided',
    path: ['mask'],
  })
  .meta({ id: 'ReviewRequest' })

export const review = z
  .strictObject({
    ...reviewRequest.shape,
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
