import { randomUUID } from 'node:crypto'
import type { Reviews } from '../../console/api/console-ports.ts'
import type { DrawnMask } from '../../console/api/read-drawn-mask.ts'
import { reviewStemOf, writeReview } from '../../console/api/write-review.ts'
import { type Review, type ReviewRequest, review } from '../../console/contract/review.ts'
import type { WorklistRow } from '../../console/contract/worklist.ts'
import type { Clock, ObjectStore } from '../../screening/kernel/ports.ts'

const folder = 'reviews/'

/**
 * Reviews as objects of their own, `reviews/<studyId>/<time>-<reviewId>.json`, and beside each what its reader has drawn,
 * with the ending .png: outside the folder of the image, which a new screening empties, and never written twice.
 */
export class FolderReviews implements Reviews {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #onReview: (review: Review) => void
  readonly #byStudy = new Map<string, Review[]>()

  private constructor(store: ObjectStore, clock: Clock, onReview: (review: Review) => void) {
    this.#store = store
    this.#clock = clock
    this.#onReview = onReview
  }

  /** @param onReview Called for each review that is stored from now on. @throws {Error} for one that is torn: a defect */
  static async open(store: ObjectStore, clock: Clock, onReview: (review: Review) => void): Promise<FolderReviews> {
    const reviews = new FolderReviews(store, clock, onReview)
    for await (const key of store.list(folder)) {
      if (!key.endsWith('.json')) continue
      reviews.#remember(review.parse(JSON.parse(new TextDecoder().decode(await store.get(key)))))
    }
    return reviews
  }

  async list(studyId: string): Promise<readonly Review[]> {
    return this.reviewsOf(studyId)
  }

  reviewsOf(studyId: string): readonly Review[] {
    return this.#byStudy.get(studyId) ?? []
  }

  async all(): Promise<readonly Review[]> {
    return [...this.#byStudy.values()].flat()
  }

  async mask(studyId: string, reviewId: string): Promise<Uint8Array | null> {
    const found = this.reviewsOf(studyId).find((known) => known.reviewId === reviewId)
    return found?.mask ? this.#store.get(`${folder}${reviewStemOf(found)}.png`) : null
  }

  async add(
    row: WorklistRow,
    screeningKey: string | null,
    request: Omit<ReviewRequest, 'mask'>,
    mask: DrawnMask | null,
  ): Promise<Review> {
    const added = await writeReview(
      this.#store,
      folder,
      { reviewId: randomUUID(), row, screeningKey, request, mask },
      this.#clock,
    )
    this.#remember(added)
    this.#onReview(added)
    return added
  }

  #remember(added: Review): void {
    this.#byStudy.set(added.studyId, [...this.reviewsOf(added.studyId), added])
  }
}
