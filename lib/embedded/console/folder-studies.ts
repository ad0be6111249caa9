import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'
import { displayPath, encodePath } from '../../adapters/embedded/path-bytes.ts'
import { buildWorklistRow, standingResult } from '../../console/api/build-worklist-row.ts'
import type { ScreenedRow, Studies } from '../../console/api/console-ports.ts'
import type { WorklistChanges, WorklistRow } from '../../console/contract/worklist.ts'
import { imageIdOf, sha256Hex } from '../../screening/kernel/identifiers.ts'
import type { Clock, ObjectStore } from '../../screening/kernel/ports.ts'
import type { ResultDocument } from '../../screening/result-documents/result-document.ts'
import { isSetAside, type ResultLine } from '../../screening/result-documents/result-line.ts'
import { readResult } from '../../screening/result-documents/write-result.ts'

/** A viewer that has not said for so long that it is open was closed. Unit: ms. */
const readingLapsesMs = 10 * 60_000

interface Entry {
  readonly line: ResultLine
  readonly inputs: readonly string[]
  readonly result: ResultDocument | null
  readonly row: WorklistRow
  readonly revision: number
}

/** The worklist over an output folder: one row per image, kept in memory, told to pages by what has changed. */
export class FolderStudies implements Studies {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #reviewedKeysOf: (studyId: string) => readonly (string | null)[]
  readonly #entries = new Map<string, Entry>()
  readonly #inReadingSince = new Map<string, number>()
  /** Tells the cursors of this list from those of an earlier program. */
  #epoch = newEpoch()
  #revision = 0
  #setAside = 0

  private constructor(
    store: ObjectStore,
    clock: Clock,
    reviewedKeysOf: (studyId: string) => readonly (string | null)[],
  ) {
    this.#store = store
    this.#clock = clock
    this.#reviewedKeysOf = reviewedKeysOf
  }

  /** @param lines Of results.jsonl, oldest first. */
  static async open(
    lines: readonly ResultLine[],
    store: ObjectStore,
    clock: Clock,
    reviewedKeysOf: (studyId: string) => readonly (string | null)[],
  ): Promise<FolderStudies> {
    const studies = new FolderStudies(store, clock, reviewedKeysOf)
    const results = new Map<string, ResultDocument | null>()
    await forEachConcurrently(new Set(lines.map(studyIdOf)), 32, async (studyId) => {
      results.set(studyId, await readResult(store, studyId))
    })
    for (const line of lines) studies.#put(line, results.get(studyIdOf(line)) ?? null)
    return studies
  }

  /** Takes a line that was written just now. */
  async add(line: ResultLine): Promise<void> {
    this.#put(line, await readResult(this.#store, studyIdOf(line)))
  }

  async changes(since: string | null): Promise<WorklistChanges> {
    this.#endLapsedReadings()
    const [epoch, revision] = since?.split('.') ?? []
    const isComplete = epoch !== this.#epoch
    const entries = [...this.#entries.values()].filter((entry) => isComplete || entry.revision > Number(revision))
    return {
      cursor: `${this.#epoch}.${this.#revision}`,
      isComplete,
      rows: entries.map(({ row }) => row),
      setAside: this.#setAside,
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

  #put(line: ResultLine, result: ResultDocument | null): void {
    if (isSetAside(line)) {
      this.#setAside++
      this.#revision++
      return
    }
    const studyId = studyIdOf(line)
    // A file that could not be read, and now can, has an id by now: the row without one goes, and pages get a new list.
    if (line.imageId !== null && this.#entries.delete(studyIdOf({ ...line, imageId: null }))) this.#epoch = newEpoch()
    // The newest first: it is the likeliest to be there still.
    const known = this.#entries.get(studyId)?.inputs.filter((input) => input !== line.input) ?? []
    this.#set(studyId, { line, inputs: [line.input, ...known], result })
  }

  #set(studyId: string, { line, inputs, result }: Pick<Entry, 'line' | 'inputs' | 'result'>): void {
    const row = buildWorklistRow({
      studyId,
      line,
      names: [...new Set(inputs.map((input) => displayPath(basename(input))))],
      result,
      isInReading: this.#inReadingSince.has(studyId),
      reviewedKeys: this.#reviewedKeysOf(studyId),
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
