import * as z from 'zod'
import { studyId } from './worklist.ts'

/** What a reader says of a result. */
export const reviewRequest = z
  .strictObject({
    reviewer: z.string().trim().min(1).max(100),
    agreement: z.enum(['agree', 'disagree', 'unsure']),
    pneumothorax: z.enum(['present', 'absent', 'undecided']).describe('What the reader sees'),
    side: z.enum(['left', 'right', 'both']).nullable().describe("The patient's side; null unless present"),
    note: z.string().max(2000),
  })
  .refine(({ pneumothorax, side }) => pneumothorax === 'present' || side === null, {
    message: 'a side belongs to a pneumothorax that is present',
    path: ['side'],
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
  })
  .meta({ id: 'Review' })

export type ReviewRequest = z.infer<typeof reviewRequest>
export type Review = z.infer<typeof review>
