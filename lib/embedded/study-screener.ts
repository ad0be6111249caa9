import { FolderObjectStore } from '../adapters/embedded/folder-object-store.ts'
import { isNotAPicture } from '../adapters/embedded/is-not-a-picture.ts'
import type { FoundEntry } from '../adapters/embedded/walk-folder.ts'
import { readCascade } from '../adapters/onnx/read-bundle.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import type { ObjectStore } from '../screening/kernel/ports.ts'
import type { ResultDocument } from '../screening/result-documents/result-document.ts'
import { buildResultLine, type ResultLine } from '../screening/result-documents/result-line.ts'
import { expectScreeningKey, preparationKeyOf } from '../screening/result-documents/screening-key.ts'
import type { StudyResult } from '../screening/result-documents/study-result/study-result.ts'
import { readResult } from '../screening/result-documents/write-result.ts'
import { FolderStudyResults, isRegisteredInFolder } from './folder-study-results.ts'
import { identifySource } from './identify-source.ts'
import type { Log } from './log.ts'
import { isOutputFailure } from './output-failure.ts'
import { ProcessPool } from './process-pool.ts'
import type { ScreeningSettings } from './screening-settings.ts'
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
    this.#log = options.log
    this.#onResult = options.onResult
    this.#pool = new ProcessPool(options.concurrency)
    this.#store = new FolderObjectStore(settings.outDir)
    this.#studies = new FolderStudyResults(this.#store, settings.mode)
  }

  /** @throws {ConfigurationError} when profile, bundles, networks and thresholds do not belong together */
  static async open(settings: ScreeningSettings, options: StudyScreenerOptions): Promise<StudyScreener> {
    const models = await readCascade(settings.modelsFolder)
    const { mode, policy } = settings
    const key = expectScreeningKey(models, { operatingPoint: null, mode }, preparationKeyOf(policy))
    return new StudyScreener(settings, key, options)
  }

  /**
   * Never throws for one bad input: what cannot be screened is a line that says why.
   * @throws when nothing more can be written: a full disk ends a run
   */
  async screen({ path, problem }: FoundEntry): Promise<ScreenedStudy> {
    if (problem) return failed(failedLine(path, null, problem))
    let imageId: string
    try {
      imageId = await identifySource(path)
      if (await isNotAPicture(path)) return failed(failedLine(path, imageId, 'not-a-picture'))
    } catch (error) {
      this.#log('warn', 'unreadable', { cause: (error as NodeJS.ErrnoException).code ?? (error as Error).message })
      return failed(failedLine(path, null, 'unreadable'))
    }
    const same = this.#underWay.get(imageId)
    let obtained: ObtainedResult
    try {
      obtained = await (same ?? this.#obtainOnce(path, imageId))
    } catch (error) {
      if (isConfigurationError(error) || isOutputFailure(error)) throw error
      if ((error as Error).name === UnreadableSourceError.name) {
        this.#log('warn', 'unreadable', { imageId, cause: (error as Error).message })
        return failed(failedLine(path, null, 'unreadable'))
      }
      this.#log('error', 'screening-failed', { imageId, cause: (error as Error).message })
      const study = await this.#studyOfFailure(path, imageId)
      return { line: failedLine(path, imageId, systemFailure, study?.studyDigest), reused: false, study }
    }
    const { result } = obtained
    const studyInstanceUid = result.source?.studyInstanceUid ?? null
    const study = studyInstanceUid === null ? null : await this.#studies.keep(studyInstanceUid)
    await this.#onResult?.(result)
    return { line: buildResultLine(path, result), reused: obtained.reused || same !== undefined, study }
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  #obtainOnce(path: string, imageId: string): Promise<ObtainedResult> {
    const obtained = this.#obtain(path, imageId).finally(() => this.#underWay.delete(imageId))
    this.#underWay.set(imageId, obtained)
    return obtained
  }

  /** A stored result may be of a version that kept no studies, or the system has failed over its image since. */
  async #registerReused(path: string, { imageId, source }: ResultDocument): Promise<void> {
    const studyInstanceUid = source?.studyInstanceUid ?? null
    if (studyInstanceUid === null || (await isRegisteredInFolder(this.#store, imageId, studyInstanceUid))) return
    const task = { path, imageId, outDir: this.#settings.outDir, failed: false }
    await this.#pool.registerFile(task)
  }

  /** Its study must not pass for a negative because one of its images has no result. */
  async #studyOfFailure(path: string, imageId: string): Promise<StudyResult | null> {
    try {
      const studyInstanceUid = await this.#pool.registerFile({
        path,
        imageId,
        outDir: this.#settings.outDir,
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
      const stored = await readResult(this.#store, imageId)
      const isWhole = this.#settings.documents.every((kind) => stored?.requestedDocuments.includes(kind))
      if (stored?.screeningKey === this.#screeningKey && isWhole) {
        await this.#registerReused(path, stored)
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

/** The line of an input without a result: not readable, no picture, or the system failed on it. */
export function failedLine(
  input: string,
  imageId: string | null,
  reason: string,
  studyDigest: string | null = null,
): ResultLine {
  return {
    input,
    imageId,
    studyDigest,
    outcome: 'not-analysed',
    reason,
    discordant: false,
    probability: null,
    maskAreaPixels: null,
    areaMm2: null,
    side: null,
    warnings: [],
    models: [],
    timingsMs: {},
  }
}
