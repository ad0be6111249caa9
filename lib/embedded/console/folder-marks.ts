import { randomUUID } from 'node:crypto'
import type { UrgencyMarks } from '../../console/api/console-ports.ts'
import { markEnding, writeMark } from '../../console/api/write-mark.ts'
import { type UrgencyMark, type UrgencyRequest, urgencyMark } from '../../console/contract/urgency.ts'
import type { Clock, ObjectStore } from '../../screening/kernel/ports.ts'

const folder = 'reviews/'

/** What readers have marked as urgent, beside their reviews: objects of their own, never written twice. */
export class FolderMarks implements UrgencyMarks {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #onMark: (mark: UrgencyMark) => void
  readonly #byStudy = new Map<string, UrgencyMark[]>()

  private constructor(store: ObjectStore, clock: Clock, onMark: (mark: UrgencyMark) => void) {
    this.#store = store
    this.#clock = clock
    this.#onMark = onMark
  }

  /** @param onMark Called for each mark that is stored from now on. @throws {Error} for one that is torn: a defect */
  static async open(store: ObjectStore, clock: Clock, onMark: (mark: UrgencyMark) => void): Promise<FolderMarks> {
    const marks = new FolderMarks(store, clock, onMark)
    for await (const key of store.list(folder)) {
      if (!key.endsWith(markEnding)) continue
      marks.#remember(urgencyMark.parse(JSON.parse(new TextDecoder().decode(await store.get(key)))))
    }
    return marks
  }

  /** Of one image. */
  marksOf(studyId: string): readonly UrgencyMark[] {
    return this.#byStudy.get(studyId) ?? []
  }

  async add(studyId: string, request: UrgencyRequest): Promise<void> {
    const mark = await writeMark(this.#store, folder, { studyId, markId: randomUUID(), request }, this.#clock)
    this.#remember(mark)
    this.#onMark(mark)
  }

  #remember(mark: UrgencyMark): void {
    this.#byStudy.set(mark.studyId, [...this.marksOf(mark.studyId), mark])
  }
}
