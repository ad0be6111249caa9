import { randomUUID } from 'node:crypto'
import type { Reviews } from '../../lib/console/api/console-ports.ts'
import type { DrawnMask } from '../../lib/console/api/read-drawn-mask.ts'
import { reviewStemOf, writeReview } from '../../lib/console/api/write-review.ts'
import type { Review, ReviewRequest } from '../../lib/console/contract/review.ts'
import type { WorklistRow } from '../../lib/console/contract/worklist.ts'
import type { Clock } from '../../lib/screening/kernel/ports.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import type { StudyShelf } from './stored-studies.ts'
import type { TenantStore } from './tenant-store.ts'

/** One tenant's reviews as objects of their own below `reviews/<tenant>/`, each written once. */
export class TenantReviews implements Reviews {
  readonly #shelf: StudyShelf
  readonly #store: TenantStore
  readonly #folder: string
  readonly #clock: Clock

  constructor(shelf: StudyShelf, store: TenantStore, tenant: string, clock: Clock) {
    this.#shelf = shelf
    this.#store = store
    this.#folder = studyKeys.reviews(tenant)
    this.#clock = clock
  }

  async list(studyId: string): Promise<readonly Review[]> {
    return (await this.all()).filter((review) => review.studyId === studyId)
  }

  async all(): Promise<readonly Review[]> {
    const reviews = await this.#shelf.reviews.look(0)
    return [...reviews]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { value }]) => ('reviewId' in value ? [value] : []))
  }

  async add(
    row: WorklistRow,
    screeningKey: string | null,
    request: Omit<ReviewRequest, 'mask'>,
    mask: DrawnMask | null,
  ): Promise<Review> {
    const added = await writeReview(
      this.#store,
      this.#folder,
      { reviewId: randomUUID(), row, screeningKey, request, mask },
      this.#clock,
    )
    this.#shelf.reviews.forget()
    return added
  }

  async mask(studyId: string, reviewId: string): Promise<Uint8Array | null> {
    const found = (await this.list(studyId)).find((known) => known.reviewId === reviewId)
    return found?.mask ? this.#store.get(`${this.#folder}${reviewStemOf(found)}.png`) : null
  }
}
