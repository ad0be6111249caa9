import { buildWorklistRow } from '../../lib/console/api/build-worklist-row.ts'
import type { ScreenedRow, Studies } from '../../lib/console/api/console-ports.ts'
import { isOneStudy, type StudyStanding, studyStandingOf } from '../../lib/console/api/study-standing.ts'
import type { WorklistChanges, WorklistRow } from '../../lib/console/contract/worklist.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { type Clock, ObjectNotFoundError } from '../../lib/screening/kernel/ports.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { readResultAt } from '../../lib/screening/result-documents/write-result.ts'
import { isStatUpload, studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import {
  lineOf,
  readingLapsesMs,
  type StoredImagesOfStudy,
  type StoredStudies,
  type StoredStudy,
  type StudyShelf,
  standingResultOf,
} from './stored-studies.ts'
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
    const stored = await this.#shelf.look()
    const { byId, objects } = stored
    const from = this.#shelf.from()
    const studies = [...byId.values()]
    const changedAt = studies.reduce((last, study) => Math.max(last, this.#changedAt(study, stored)), 0)
    const [knownFrom, knownChange, knownObjects] = (since ?? '').split('.').map(Number)
    // Fewer objects: something has gone, which only a whole list can tell.
    const isComplete = knownFrom !== from || !(knownChange >= 0) || !(knownObjects <= objects)
    const changed = isComplete
      ? studies
      : studies.filter((study) => this.#changedAt(study, stored) >= knownChange - seenLateMs)
    return {
      cursor: `${from}.${changedAt}.${objects}`,
      isComplete,
      rows: changed.map((study) => this.#rowOf(study, stored)),
      setAside: 0,
    }
  }

  async row(studyId: string): Promise<WorklistRow | null> {
    const stored = await this.#shelf.look()
    const study = stored.byId.get(studyId)
    return study ? this.#rowOf(study, stored) : null
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
    const stored = await this.#shelf.look()
    return [...stored.byId.values()].map((study) => {
      const result = standingResultOf(study)?.result
      return { row: this.#rowOf(study, stored), models: result?.models ?? [], timingsMs: result?.timingsMs ?? {} }
    })
  }

  async #find(studyId: string): Promise<StoredStudy | null> {
    return (await this.#shelf.look()).byId.get(studyId) ?? null
  }

  async #standing(studyId: string) {
    const study = await this.#find(studyId)
    return study && standingResultOf(study)
  }

  /** What changes with any image of its study is a change too, and that a viewer was closed. */
  #changedAt(study: StoredStudy, stored: StoredStudies): number {
    const whole = studyOf(study, stored)
    const changedAt = whole && isOneStudy(whole.summary) ? whole.changedAt : study.changedAt
    const lapsedAt = study.readingAt === null ? 0 : study.readingAt + readingLapsesMs
    return lapsedAt > changedAt && lapsedAt <= this.#clock.now() ? lapsedAt : changedAt
  }

  #rowOf(study: StoredStudy, stored: StoredStudies): WorklistRow {
    const { studyId, names, reviews, readingAt } = study
    return buildWorklistRow({
      studyId,
      line: lineOf(study),
      names: [...new Set(names)],
      result: standingResultOf(study)?.result ?? null,
      isInReading: readingAt !== null && this.#clock.now() - readingAt < readingLapsesMs,
      standing: standingOf(study, studyOf(study, stored)),
      reviewedKeys: reviews.map(({ screeningKey }) => screeningKey),
    })
  }
}

const studyOf = ({ studyDigest }: StoredStudy, { studies }: StoredStudies): StoredImagesOfStudy | undefined =>
  studyDigest === null ? undefined : studies.get(studyDigest)

function standingOf(image: StoredStudy, study: StoredImagesOfStudy | undefined): StudyStanding {
  const summary = study?.summary ?? null
  const members = study && isOneStudy(summary) ? study.members : [image]
  return studyStandingOf(
    summary,
    members.map((member) => ({
      result: newestOf(member),
      isStatUpload: member.uploads.some(isStatUpload),
      marks: member.marks,
    })),
  )
}

/** Also where the system failed since: what the file says of its order is still true. */
const newestOf = ({ results }: StoredStudy): ResultDocument | null =>
  results.reduce<ResultDocument | null>(
    (newest, { result }) => (newest && newest.analysedAt > result.analysedAt ? newest : result),
    null,
  )

async function ifThere<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}
