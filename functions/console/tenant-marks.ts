import { randomUUID } from 'node:crypto'
import type { UrgencyMarks } from '../../lib/console/api/console-ports.ts'
import { writeMark } from '../../lib/console/api/write-mark.ts'
import type { UrgencyRequest } from '../../lib/console/contract/urgency.ts'
import type { Clock } from '../../lib/screening/kernel/ports.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import type { StudyShelf } from './stored-studies.ts'
import type { TenantStore } from './tenant-store.ts'

/** One tenant's marks, beside its reviews: objects of their own, each written once. */
export class TenantMarks implements UrgencyMarks {
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

  async add(studyId: string, request: UrgencyRequest): Promise<void> {
    await writeMark(this.#store, this.#folder, { studyId, markId: randomUUID(), request }, this.#clock)
    this.#shelf.reviews.forget()
  }
}
