import { FolderObjectStore } from '../adapters/embedded/folder-object-store.ts'
import { isNotAPicture } from '../adapters/embedded/is-not-a-picture.ts'
import type { FoundEntry } from '../adapters/embedded/walk-folder.ts'
import { readCascade } from '../adapters/onnx/read-bundle.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import type { ObjectStore } from '../screening/kernel/ports.ts'
import type { Pseudonyms } from '../screening/result-documents/deidentification/pseudonyms.ts'
import type { ResultDocument } from '../screening/result-documents/result-document.ts'
import { buildResultLine, failedLine, type ResultLine } from '../screening/result-documents/result-line.ts'
import { expectScreeningKey, preparationKeyOf } from '../screening/result-documents/screening-key.ts'
import type { StudyResult } from '../screening/result-documents/study-result/study-result.ts'
import { readResult } from '../screening/result-documents/write-result.ts'
import { claimOutputFolder } from './claim-output-folder.ts'
import { FolderStudyResults, isRegisteredInFolder } from './folder-study-results.ts'
import { identifySource } from './identify-source.ts'
import type { Log } from './log.ts'
import { isOutputFailure } from './output-failure.ts'
import { ProcessPool } from './process-pool.ts'
import { pseudonymsOf, type ScreeningSettings } from './screening-settings.ts'
import { UnreadableSourceError } from './unreadable-source-error.ts'

/** The reason of a line whose image was not analysed because the system failed; a later run tries again. */
export const systemFailure = 'system-failure'

export interface ScreenedStudy {
  readonly line: ResultLine
  /** The stored result of an earlier run or of an identical input stands; nothing was computed. */
  readonly reused: boolean
  /** What the images of its study that were screened so far say together; null where the file names no study. */
  readonly study: StudyResult | null
}

/** Is told of every result that is on disk, before anything says that its image is done. What it throws ends the run. */
export type OnResult = (result: ResultDocument) => Promise<void>

interface StudyScreenerOptions {
  readonly concurrency: number
  readonly force: boolean
  readonly log: Log
  readonly onResult?: OnResult | undefined
}

/** Screens files in child processes, each image once: identical files share a result, finished ones are not redone. */
export class StudyScreener {
  readonly #settings: ScreeningSettings
  readonly #force: boolean
  readonly #log: Log
  readonly #onResult: OnResult | undefined
  readonly #pool: ProcessPool
  readonly #pseudonyms: Pseudonyms | null
  readonly #store: ObjectStore
  readonly #studies: FolderStudyResults
  readonly #screeningKey: string
  readonly #underWay = new Map<string, Promise<ObtainedResult>>()
  /** Images computed by this run: with --force, their duplicates need not be computed again. */
  readonly #finishedHere = new Set<string>()

  private constructor(settings: ScreeningSettings, screeningKey: string, options: StudyScreenerOptions) {
    this.#settings = settings
    this.#screeningKey = screeningKey
    this.#force = options.force
    this.#pseudonyms = pseudonymsOf(settings)
    // Logs name an image as the results do.
    this.#log = (level, event, { imageId, ...fields } = {}) =>
      options.log(
        level,
        event,
        imageId === undefined ? fields : { imageId: this.#storedIdOf(String(imageId)), ...fields },
      )
    this.#onResult = options.onResult
    this.#pool = new ProcessPool(options.concurrency)
    this.#store = new FolderObjectStore(settings.outDir)
    this.#studies = new FolderStudyResults(this.#store, settings.mode)
  }

  /**
   * @throws {ConfigurationError} when profile, bundles, networks and thresholds do not belong together, or the folder
   * holds results of another key, or identified ones beside de-identified
   */
  static async open(settings: ScreeningSettings, options: StudyScreenerOptions): Promise<StudyScreener> {
    const models = await readCascade(settings.modelsFolder)
    const { mode, policy, outDir } = settings
    await claimOutputFolder(outDir, pseudonymsOf(settings))
    const key = expectScreeningKey(models, { operatingPoint: null, mode }, preparationKeyOf(policy))
    return new StudyScreener(settings, key, options)
  }

  /**
   * Never throws for one bad input: what cannot be screened is a line that says why.
   * @throws when nothing more can be written: a full disk ends a run
   */
  async screen({ path, problem }: FoundEntry): Promise<ScreenedStudy> {
    const input = this.nameOf(path)
    if (problem) return failed(failedLine(input, null, problem))
    let imageId: string
    try {
      imageId = await identifySource(path)
      if (await isNotAPicture(path)) return failed(failedLine(input, this.#storedIdOf(imageId), 'not-a-picture'))
    } catch (error) {
      this.#log('warn', 'unreadable', { cause: (error as NodeJS.ErrnoException).code ?? (error as Error).message })
      return failed(failedLine(input, null, 'unreadable'))
    }
    const same = this.#underWay.get(imageId)
    let obtained: ObtainedResult
    try {
      obtained = await (same ?? this.#obtainOnce(path, imageId))
    } catch (error) {
      if (isConfigurationError(error) || isOutputFailure(error)) throw error
      if ((error as Error).name === UnreadableSourceError.name) {
        this.#log('warn', 'unreadable', { imageId, cause: (error as Error).message })
        return failed(failedLine(input, null, 'unreadable'))
      }
      this.#log('error', 'screening-failed', { imageId, cause: (error as Error).message })
      const study = await this.#studyOfFailure(path, imageId)
      const line = failedLine(input, this.#storedIdOf(imageId), systemFailure, study?.studyDigest)
      return { line, reused: false, study }
    }
    const { result } = obtained
    const studyInstanceUid = result.source?.studyInstanceUid ?? null
    const study = studyInstanceUid === null ? null : await this.#studies.keep(studyInstanceUid)
    await this.#onResult?.(result)
    return { line: buildResultLine(input, result), reused: obtained.reused || same !== undefined, study }
  }

  /** How lists call an input: by its path, or what has the path's place where identity is removed. */
  nameOf(path: string): string {
    return this.#pseudonyms?.label(path) ?? path
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  /** What the image is called in all that is written, where its file has this digest. */
  #storedIdOf(imageId: string): string {
    return this.#pseudonyms?.imageId(imageId) ?? imageId
  }

  #obtainOnce(path: string, imageId: string): Promise<ObtainedResult> {
    const obtained = this.#obtain(path, imageId).finally(() => this.#underWay.delete(imageId))
    this.#underWay.set(imageId, obtained)
    return obtained
  }

  /** A stored result may be of a version that kept no studies, or the system has failed over its image since. */
  async #registerReused(path: string, imageId: string, stored: ResultDocument): Promise<void> {
    const studyInstanceUid = stored.source?.studyInstanceUid ?? null
    if (studyInstanceUid === null) return
    if (await isRegisteredInFolder(this.#store, stored.imageId, studyInstanceUid)) return
    const task = { path, imageId, settings: this.#settings, failed: false }
    await this.#pool.registerFile(task)
  }

  /** Its study must not pass for a negative because one of its images has no result. */
  async #studyOfFailure(path: string, imageId: string): Promise<StudyResult | null> {
    try {
      const studyInstanceUid = await this.#pool.registerFile({
        path,
        imageId,
        settings: this.#settings,
        failed: true,
      })
      return studyInstanceUid === null ? null : await this.#studies.keep(studyInstanceUid)
    } catch (error) {
      if (isOutputFailure(error)) throw error
      this.#log('warn', 'study-unknown', { imageId, cause: (error as Error).message })
      return null
    }
  }

  async #obtain(path: string, imageId: string): Promise<ObtainedResult> {
    if (!this.#force || this.#finishedHere.has(imageId)) {
      const stored = await readResult(this.#store, this.#storedIdOf(imageId))
      const isWhole = this.#settings.documents.every((kind) => stored?.requestedDocuments.includes(kind))
      if (stored?.screeningKey === this.#screeningKey && isWhole) {
        await this.#registerReused(path, imageId, stored)
        return { result: stored, reused: true }
      }
    }
    const result = await this.#pool.screenFile({ path, imageId, settings: this.#settings })
    // Only then it is asked for: a run over a million images must not keep all their names.
    if (this.#force) this.#finishedHere.add(imageId)
    this.#log('info', 'screened', { imageId, outcome: result.outcome, timingsMs: result.timingsMs })
    return { result, reused: false }
  }
}

const failed = (line: ResultLine): ScreenedStudy => ({ line, reused: false, study: null })

interface ObtainedResult {
  readonly result: ResultDocument
  readonly reused: boolean
}

/** Errors lose their class on the way from a child process; their name stays. */
const isConfigurationError = (error: unknown): boolean => (error as Error).name === ConfigurationError.name
