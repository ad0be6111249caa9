import { sha256Hex } from '../../screening/kernel/identifiers.ts'
import type { Clock, ObjectStore } from '../../screening/kernel/ports.ts'
import type { Review, ReviewRequest } from '../contract/review.ts'
import type { WorklistRow } from '../contract/worklist.ts'
import type { DrawnMask } from './read-drawn-mask.ts'

export interface SaidOfStudy {
  /** A UUID that nothing else has. */
  readonly reviewId: string
  readonly row: WorklistRow
  /** Of the result that was reviewed; null where there was none. */
  readonly screeningKey: string | null
  readonly request: Omit<ReviewRequest, 'mask'>
  readonly mask: DrawnMask | null
}

/**
 * Stores a review as `<folder><studyId>/<time>-<reviewId>.json`, and beside it what its reader has drawn, with the ending
 * .png: never over anything.
 * @param folder Ends with '/'.
 */
export async function writeReview(
  store: Pick<ObjectStore, 'put'>,
  folder: string,
  { reviewId, row, screeningKey, request, mask }: SaidOfStudy,
  clock: Clock,
): Promise<Review> {
  const review: Review = {
    ...request,
    reviewId,
    studyId: row.studyId,
    screeningKey,
    outcome: row.outcome,
    reviewedAt: new Date(clock.now()).toISOString(),
    mask: mask && { areaPixels: mask.areaPixels, sha256: sha256Hex(mask.png) },
  }
  const stem = `${folder}${reviewStemOf(review)}`
  // The mask first: a review never names one that is not there.
  if (mask) await store.put(`${stem}.png`, mask.png, { ifAbsent: true, contentType: 'image/png' })
  const body = new TextEncoder().encode(`${JSON.stringify(review, null, 2)}\n`)
  await store.put(`${stem}.json`, body, { ifAbsent: true, contentType: 'application/json' })
  return review
}

/** Where a review lies below the folder of all, without its ending. */
export const reviewStemOf = ({ studyId, reviewedAt, reviewId }: Review): string =>
  `${studyId}/${reviewedAt.replaceAll(':', '')}-${reviewId}`
