import { buildWorklistRow } from '../../lib/console/api/build-worklist-row.ts'
import type { ScreenedRow, Studies } from '../../lib/console/api/console-ports.ts'
import type { WorklistChanges, WorklistRow } from '../../lib/console/contract/worklist.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { type Clock, ObjectNotFoundError } from '../../lib/screening/kernel/ports.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { readResultAt } from '../../lib/screening/result-documents/write-result.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { lineOf, readingLapsesMs, type StoredStudy, type StudyShelf, standingResultOf } from './stored-studies.ts'
import type { TenantStore } from './tenant-store.ts'

/** An object may be seen a while after the time that S3 notes. Unit: ms. */
const seenLateMs = 60_000

/** One tenant's worklist over the study bucket. Every instance of the function sees the same, so cursors hold for all. */
export class TenantStudies implements Studies {
  readonly #shelf: StudyShelf
  readonly #store: TenantStore
  readonly #tenant: string
  readonly #clock: Clock
  readonly #readUpload: (key: string) => Promise<Uint8Array | null>

  /** @param readUpload Null: gone, or larger than an image may be. */
  constructor(
    shelf: StudyShelf,
    store: TenantStore,
    tenant: string,
    clock: Clock,
    readUpload: (key: string) => Promise<Uint8Array | null>,
  ) {
    this.#shelf = shelf
    this.#store = store
    this.#tenant = tenant
    this.#clock = clock
    this.#readUpload = readUpload
  }

  /** A cursor is the first day of the list, the time of its last change, and how many objects it was made of. */
  async changes(since: string | null): Promise<WorklistChanges> {
    const { byId, objects } = await this.#shelf.look()
    const from = this.#shelf.from()
    const studies = [...byId.values()]
    const changedAt = studies.reduce((last, study) => Math.max(last, this.#changedAt(study)), 0)
    const [knownFrom, knownChange, knownObjects] = (since ?? '').split('.').map(Number)
    // Fewer objects: something has gone, which only a whole list can tell.
    const isComplete = knownFrom !== from || !(knownChange >= 0) || !(knownObjects <= objects)
    const changed = isComplete ? studies : studies.filter((study) => this.#changedAt(study) >= knownChange - seenLateMs)
    return {
      cursor: `${from}.${changedAt}.${objects}`,
      isComplete,
      rows: changed.map((study) => this.#rowOf(study)),
      setAside: 0,
    }
  }

  async row(studyId: string): Promise<WorklistRow | null> {
    const study = await this.#find(studyId)
    return study && this.#rowOf(study)
  }

  async result(studyId: string): Promise<ResultDocument | null> {
    const standing = await this.#standing(studyId)
    return standing && (await ifThere(() => readResultAt(this.#store, standing.key)))
  }

  async document(studyId: string, name: 'mask.png' | 'class-activation-map.png'): Promise<Uint8Array | null> {
    const standing = await this.#standing(studyId)
    return standing && (await ifThere(() => this.#store.get(standing.key.replace(/result\.json$/, name))))
  }

  async source(studyId: string): Promise<Uint8Array | null> {
    for (const key of (await this.#find(studyId))?.uploads ?? []) {
      const bytes = await this.#readUpload(this.#store.own(key))
      if (bytes && imageIdOf(bytes) === studyId) return bytes
    }
    return null
  }

  async markInReading(studyId: string): Promise<void> {
    await this.#store.put(studyKeys.reading(this.#tenant, studyId), new Uint8Array())
    this.#shelf.readings.forget()
  }

  async screened(): Promise<readonly ScreenedRow[]> {
    const { byId } = await this.#shelf.look()
    return [...byId.values()].map((study) => {
      const result = standingResultOf(study)?.result
      return { row: this.#rowOf(study), models: result?.models ?? [], timingsMs: result?.timingsMs ?? {} }
    })
  }

  async #find(studyId: string): Promise<StoredStudy | null> {
    return (await this.#shelf.look()).byId.get(studyId) ?? null
  }

  async #standing(studyId: string) {
    const study = await this.#find(studyId)
    return study && standingResultOf(study)
  }

  /** That a viewer was closed is a change too. */
  #changedAt({ changedAt, readingAt }: StoredStudy): number {
    const lapsedAt = readingAt === null ? 0 : readingAt + readingLapsesMs
    return lapsedAt > changedAt && lapsedAt <= this.#clock.now() ? lapsedAt : changedAt
  }

  #rowOf(study: StoredStudy): WorklistRow {
    const { studyId, names, reviews, readingAt } = study
    return buildWorklistRow({
      studyId,
      line: lineOf(study),
      names: [...new Set(names)],
      result: standingResultOf(study)?.result ?? null,
      isInReading: readingAt !== null && this.#clock.now() - readingAt < readingLapsesMs,
      reviewedKeys: reviews.map(({ screeningKey }) => screeningKey),
    })
  }
}

async function ifThere<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}
