import { access, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { forEachConcurrently } from '../adapters/embedded/for-each-concurrently.ts'
import { isNotAPicture } from '../adapters/embedded/is-not-a-picture.ts'
import type { FoundEntry } from '../adapters/embedded/walk-folder.ts'
import { writeFileAtomically } from '../adapters/embedded/write-file-atomically.ts'
import type { SuitabilityPolicy } from '../screening/radiograph/suitability.ts'
import { isSetAside } from '../screening/result-documents/result-line.ts'
import { preparationKeyOf } from '../screening/result-documents/screening-key.ts'
import { AppendJournal } from './append-journal.ts'
import { identifySource } from './identify-source.ts'
import { InterruptedError } from './interrupted-error.ts'
import type { Log } from './log.ts'
import { isOutputFailure } from './output-failure.ts'
import { lockOutputFolder } from './output-lock.ts'
import type { PreparedLine } from './prepared-line.ts'
import { ProcessPool } from './process-pool.ts'
import { rejectedLine } from './rejected-line.ts'
import { systemFailure } from './study-screener.ts'
import { UnreadableSourceError } from './unreadable-source-error.ts'

export interface PrepareFilesOptions {
  readonly outDir: string
  readonly policy: SuitabilityPolicy
  /** Keep the source's rows × columns instead of at most 1024 a side. */
  readonly fullResolution: boolean
  readonly concurrency: number
  readonly log: Log
  /** Ends the run after what is under way; no prepared.jsonl is written then. */
  readonly signal?: AbortSignal
  readonly onImage: () => void
}

/** What is known of one image, whatever its file is called. */
type PreparedImageLine = Omit<PreparedLine, 'input'>

/** A finished image in the journal of a run that is not whole yet. */
interface JournalLine {
  /** Of everything but the image that decides what is made of it. */
  readonly key: string
  readonly line: PreparedImageLine
}

/**
 * Prepares files into `outDir/<imageId>.png` and `outDir/prepared.jsonl`, one line per input in the order of the inputs.
 * That list replaces an earlier one when it is whole, and not before; a list without one picture replaces none. What a
 * run that did not come to its end has finished is not made again.
 * @throws {InterruptedError} when `signal` is aborted
 */
export async function prepareFiles(
  inputs: readonly FoundEntry[],
  options: PrepareFilesOptions,
): Promise<PreparedLine[]> {
  const unlock = await lockOutputFolder(options.outDir, 'prepare')
  try {
    const journalFile = join(options.outDir, '.prepared.jsonl')
    const key = `${preparationKeyOf(options.policy)}${options.fullResolution ? ' full resolution' : ''}`
    const finished = new Map<string | null, PreparedImageLine>()
    const journal = await AppendJournal.open<JournalLine>(journalFile, (noted) => {
      if (noted.key === key) finished.set(noted.line.imageId, noted.line)
    })
    const run = new PrepareRun(options, journal, key, finished)
    let lines: PreparedLine[]
    try {
      lines = await run.prepareAll(inputs)
    } finally {
      await run.close()
      await journal.close()
    }
    const list = join(options.outDir, 'prepared.jsonl')
    if (!lines.every(isSetAside) || !(await exists(list))) {
      await writeFileAtomically(list, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    }
    await rm(journalFile, { force: true })
    return lines
  } finally {
    await unlock()
  }
}

class PrepareRun {
  readonly #options: PrepareFilesOptions
  readonly #journal: AppendJournal<JournalLine>
  readonly #pool: ProcessPool
  readonly #key: string
  readonly #finished: ReadonlyMap<string | null, PreparedImageLine>

  /** @param finished By image: what an earlier run has made in the same way. */
  constructor(
    options: PrepareFilesOptions,
    journal: AppendJournal<JournalLine>,
    key: string,
    finished: ReadonlyMap<string | null, PreparedImageLine>,
  ) {
    this.#options = options
    this.#journal = journal
    this.#pool = new ProcessPool(options.concurrency)
    this.#key = key
    this.#finished = finished
  }

  async prepareAll(inputs: readonly FoundEntry[]): Promise<PreparedLine[]> {
    const { concurrency, signal, onImage } = this.#options
    const lines: PreparedLine[] = []
    let finished = 0
    await forEachConcurrently(inputs.entries(), concurrency * 2, async ([index, input]) => {
      if (signal?.aborted) return
      lines[index] = { input: input.path, ...(await this.#prepareInput(input)) }
      finished++
      onImage()
    })
    if (finished < inputs.length) throw new InterruptedError(finished, inputs.length)
    return lines
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  /** @throws when nothing more can be written: a full disk ends a run */
  async #prepareInput({ path, problem }: FoundEntry): Promise<PreparedImageLine> {
    if (problem) return rejectedLine(null, problem, problem)
    let imageId: string
    try {
      imageId = await identifySource(path)
      if (await isNotAPicture(path)) {
        return rejectedLine(imageId, 'not-a-picture', 'name and content are not those of a picture')
      }
    } catch (error) {
      return rejectedLine(null, 'unreadable', (error as Error).message)
    }
    const known = this.#finished.get(imageId)
    if (known && (known.png === null || (await exists(join(this.#options.outDir, known.png))))) return known
    return this.#prepareImage(path, imageId)
  }

  async #prepareImage(path: string, imageId: string): Promise<PreparedImageLine> {
    const { outDir, policy, fullResolution, log } = this.#options
    let line: PreparedImageLine
    try {
      line = await this.#pool.prepareFile({ path, imageId, outDir, policy, fullResolution })
    } catch (error) {
      if (isOutputFailure(error)) throw error
      const { name, message } = error as Error
      if (name === UnreadableSourceError.name) return rejectedLine(null, 'unreadable', message)
      log('error', 'preparing-failed', { imageId, cause: message })
      return rejectedLine(imageId, systemFailure, message)
    }
    await this.#journal.append({ key: this.#key, line })
    return line
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
