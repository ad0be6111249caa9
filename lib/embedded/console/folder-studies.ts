import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'
import { displayPath, encodePath } from '../../adapters/embedded/path-bytes.ts'
import { buildWorklistRow, standingResult } from '../../console/api/build-worklist-row.ts'
import type { ScreenedRow, Studies } from '../../console/api/console-ports.ts'
import { isOneStudy, studyStandingOf } from '../../console/api/study-standing.ts'
import type { UrgencyMark } from '../../console/contract/urgency.ts'
import type { WorklistChanges, WorklistRow } from '../../console/contract/worklist.ts'
import { imageIdOf, sha256Hex } from '../../screening/kernel/identifiers.ts'
import type { Clock, ObjectStore, StudySummary } from '../../screening/kernel/ports.ts'
import type { ResultDocument } from '../../screening/result-documents/result-document.ts'
import { isSetAside, type ResultLine } from '../../screening/result-documents/result-line.ts'
import { summarizeStudy } from '../../screening/result-documents/study-event.ts'
import { readStudyResult } from '../../screening/result-documents/study-result/keep-study-result.ts'
import { readResult } from '../../screening/result-documents/write-result.ts'
import { systemFailure } from '../study-screener.ts'
import type { ResultFollower } from './result-follower.ts'

/** A viewer that has not said for so long that it is open was closed. Unit: ms. */
const readingLapsesMs = 10 * 60_000

/** What readers have said of one image. */
export interface SaidOfImages {
  /** The screening key of the result that each review was about. */
  readonly reviewedKeysOf: (studyId: string) => readonly (string | null)[]
  readonly marksOf: (studyId: string) => readonly UrgencyMark[]
}

interface Entry {
  readonly line: ResultLine
  readonly inputs: readonly string[]
  readonly result: ResultDocument | null
  readonly row: WorklistRow
  readonly revision: number
}

/**
 * The worklist over an output folder, whoever writes to it: one row per image, kept in memory, told to pages by what has
 * changed.
 */
export class FolderStudies implements Studies {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #said: SaidOfImages
  readonly #lines: Pick<ResultFollower, 'look'>
  readonly #onNewList: () => void
  readonly #entries = new Map<string, Entry>()
  /** By study digest: what its images say together, and those of them that have a row. */
  readonly #studies = new Map<string, { summary: StudySummary | null; readonly members: Set<string> }>()
  readonly #inReadingSince = new Map<string, number>()
  /** Tells the cursors of this list from those of an earlier program. */
  #epoch = newEpoch()
  #revision = 0
  /** Inputs that were no pictures. */
  #setAside = new Set<string>()
  #looking: Promise<unknown> = Promise.resolve()

  /**
   * @param lines What any program writes into results.jsonl
   * @param onNewList Called after the first list, and each that takes the place of another, was taken in
   */
  constructor(
    lines: Pick<ResultFollower, 'look'>,
    store: ObjectStore,
    clock: Clock,
    said: SaidOfImages,
    onNewList: () => void,
  ) {
    this.#onNewList = onNewList
    this.#lines = lines
    this.#store = store
    this.#clock = clock
    this.#said = said
  }

  /** Takes in what was written since the last time, one look after the other. */
  follow(): Promise<void> {
    const look = this.#looking.then(() => this.#look())
    this.#looking = look.catch(() => {})
    return look
  }

  /** The inputs that have a line which says more than that the system failed. */
  finishedInputs(): ReadonlySet<string> {
    const finished = [...this.#entries.values()].filter(({ line }) => line.reason !== systemFailure)
    return new Set([...finished.flatMap(({ inputs }) => inputs), ...this.#setAside])
  }

  async changes(since: string | null): Promise<WorklistChanges> {
    await this.follow()
    this.#endLapsedReadings()
    const [epoch, revision] = since?.split('.') ?? []
    const isComplete = epoch !== this.#epoch
    const entries = [...this.#entries.values()].filter((entry) => isComplete || entry.revision > Number(revision))
    return {
      cursor: `${this.#epoch}.${this.#revision}`,
      isComplete,
      rows: entries.map(({ row }) => row),
      setAside: this.#setAside.size,
    }
  }

  async row(studyId: string): Promise<WorklistRow | null> {
    return this.#entries.get(studyId)?.row ?? null
  }

  async result(studyId: string): Promise<ResultDocument | null> {
    const entry = this.#entries.get(studyId)
    return entry ? standingResult(entry.line, entry.result) : null
  }

  async document(studyId: string, name: 'mask.png' | 'class-activation-map.png'): Promise<Uint8Array | null> {
    if (!(await this.result(studyId))) return null
    const key = `${studyId}/${name}`
    return (await this.#store.exists(key)) ? this.#store.get(key) : null
  }

  async source(studyId: string): Promise<Uint8Array | null> {
    for (const input of this.#entries.get(studyId)?.inputs ?? []) {
      const bytes = await readFile(encodePath(input)).catch(() => null)
      if (bytes && imageIdOf(bytes) === studyId) return bytes
    }
    return null
  }

  async screened(): Promise<readonly ScreenedRow[]> {
    return [...this.#entries.values()].map(({ row, line, result }) => {
      const models = standingResult(line, result)?.models
      return {
        row,
        models: models ?? line.models.map(({ id, sha256 }) => ({ id, sha256, version: null })),
        timingsMs: line.timingsMs,
      }
    })
  }

  /** The files of every study, the newest first. */
  inputs(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#entries].map(([studyId, { inputs }]) => [studyId, inputs]))
  }

  /** The file that a study was last screened from; null where there is no such row. */
  inputOf(studyId: string): string | null {
    return this.#entries.get(studyId)?.inputs[0] ?? null
  }

  async markInReading(studyId: string): Promise<void> {
    const isNew = !this.#inReadingSince.has(studyId)
    this.#inReadingSince.set(studyId, this.#clock.monotonic())
    if (isNew) this.refresh(studyId)
  }

  /** Builds a row anew after something beside its result has changed. */
  refresh(studyId: string): void {
    const entry = this.#entries.get(studyId)
    if (entry) this.#set(studyId, entry)
  }

  /** Builds the rows of all images of its study anew: what was said holds for them all. */
  refreshStudyOf(studyId: string): void {
    const entry = this.#entries.get(studyId)
    for (const member of entry ? this.#membersOf(studyId, entry.line) : []) this.refresh(member)
  }

  async #look(): Promise<void> {
    const { lines, isNewList } = await this.#lines.look()
    const results = new Map<string, ResultDocument | null>()
    await forEachConcurrently(new Set(lines.map(studyIdOf)), 32, async (studyId) => {
      results.set(studyId, await readResult(this.#store, studyId))
    })
    const summaries = new Map<string, StudySummary | null>()
    const digests = new Set(lines.flatMap(({ studyDigest }) => studyDigest ?? []))
    await forEachConcurrently(digests, 32, async (digest) => {
      const study = await readStudyResult(this.#store, { prefix: `study-results/${digest}/` })
      summaries.set(digest, study && summarizeStudy(study))
    })
    // In one go: nobody sees half of a list.
    if (isNewList && this.#entries.size + this.#setAside.size > 0) {
      this.#entries.clear()
      this.#studies.clear()
      this.#setAside.clear()
      this.#epoch = newEpoch()
    }
    for (const [digest, summary] of summaries) this.#setStudy(digest, summary)
    for (const line of lines) this.#put(line, results.get(studyIdOf(line)) ?? null)
    for (const digest of digests) this.#refreshStudy(digest)
    if (isNewList) this.#onNewList()
  }

  #put(line: ResultLine, result: ResultDocument | null): void {
    if (isSetAside(line)) {
      this.#setAside.add(line.input)
      this.#revision++
      return
    }
    const studyId = studyIdOf(line)
    // A file that could not be read, and now can, has an id by now: the row without one goes, and pages get a new list.
    if (line.imageId !== null && this.#entries.delete(studyIdOf({ ...line, imageId: null }))) this.#epoch = newEpoch()
    // The newest first: it is the likeliest to be there still.
    const known = this.#entries.get(studyId)?.inputs.filter((input) => input !== line.input) ?? []
    if (line.studyDigest) this.#studies.get(line.studyDigest)?.members.add(studyId)
    this.#set(studyId, { line, inputs: [line.input, ...known], result })
  }

  #setStudy(digest: string, summary: StudySummary | null): void {
    const study = this.#studies.get(digest)
    if (study) study.summary = summary
    else this.#studies.set(digest, { summary, members: new Set() })
  }

  /** Its images' rows are as one; those of a UID that names no study stand each for itself. */
  #refreshStudy(digest: string): void {
    const { summary, members } = this.#studies.get(digest)!
    if (isOneStudy(summary)) for (const member of members) this.refresh(member)
  }

  #membersOf(studyId: string, { studyDigest }: Pick<ResultLine, 'studyDigest'>): Iterable<string> {
    const study = studyDigest ? this.#studies.get(studyDigest) : undefined
    return study && isOneStudy(study.summary) ? study.members : [studyId]
  }

  #standingOf(studyId: string, line: ResultLine, result: ResultDocument | null) {
    const summary = (line.studyDigest && this.#studies.get(line.studyDigest)?.summary) || null
    const members = [...this.#membersOf(studyId, line)].map((member) => ({
      result: member === studyId ? result : (this.#entries.get(member)?.result ?? null),
      isStatUpload: false,
      marks: this.#said.marksOf(member),
    }))
    return studyStandingOf(summary, members)
  }

  #set(studyId: string, { line, inputs, result }: Pick<Entry, 'line' | 'inputs' | 'result'>): void {
    const row = buildWorklistRow({
      studyId,
      line,
      names: [...new Set(inputs.map((input) => displayPath(basename(input))))],
      result,
      isInReading: this.#inReadingSince.has(studyId),
      standing: this.#standingOf(studyId, line, result),
      reviewedKeys: this.#said.reviewedKeysOf(studyId),
    })
    this.#revision++
    this.#entries.set(studyId, { line, inputs, result, row, revision: this.#revision })
  }

  #endLapsedReadings(): void {
    for (const [studyId, since] of this.#inReadingSince) {
      if (this.#clock.monotonic() - since < readingLapsesMs) continue
      this.#inReadingSince.delete(studyId)
      this.refresh(studyId)
    }
  }
}

const newEpoch = (): string => randomBytes(6).toString('hex')

/** An image that could not be read has no digest of its own. */
const studyIdOf = ({ imageId, input }: Pick<ResultLine, 'imageId' | 'input'>): string =>
  imageId ?? sha256Hex(`unreadable ${input}`).slice(0, 32)
