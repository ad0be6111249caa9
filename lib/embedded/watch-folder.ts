import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FolderJobQueue } from '../adapters/embedded/folder-job-queue.ts'
import { systemClock } from '../adapters/embedded/system-clock.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import type { ReceivedJob } from '../screening/kernel/ports.ts'
import { failedLine, type ResultLine } from '../screening/result-documents/result-line.ts'
import { buildScreeningJob, parseScreeningJob, type ScreeningJob } from '../screening/screening-job/screening-job.ts'
import { AppendJournal } from './append-journal.ts'
import { type Arrival, ArrivalScan, versionOf } from './arrival-scan.ts'
import type { Log } from './log.ts'
import { lockOutputFolder } from './output-lock.ts'
import type { ScreeningSettings } from './screening-settings.ts'
import { type OnResult, StudyScreener, systemFailure } from './study-screener.ts'

/** Longer than any image may take, so that a message under way is not delivered twice. */
const visibilityMs = 600_000
/** How often an image is tried before it counts as a failure of the system. */
const maximumReceives = 3

export interface WatchOptions {
  readonly concurrency: number
  readonly log: Log
  readonly intervalMs: number
  /** Ends when every file is screened and nothing is still arriving. */
  readonly untilEmpty: boolean
  readonly signal: AbortSignal
  /** Called when the watch holds its output folder and all that it needs. */
  readonly onStart?: () => void
  /** Is told of each result before its line is kept. */
  readonly onResult?: OnResult | undefined
  readonly onStudy: (line: ResultLine) => void
}

/** A result line that also names the version of the file it was made from. */
type WatchedLine = ResultLine & { readonly inputVersion: string }

/** Of every file that was met, a name each: what grows with the folder, and nothing else does. */
interface KnownNames {
  readonly queued: Set<string>
  readonly finishedVersions: Set<string>
  readonly finishedImages: Set<string>
}

/**
 * Watches a folder as a bucket: every file that arrives is queued on disk, screened, and written as one line of
 * `outDir/results.jsonl`. The order of the steps makes a kill at any point harmless: a file is noted as queued only
 * after its message is on disk, a message is removed only after its line is, and a file gets a second line only when
 * its content has changed.
 */
export class FolderWatch {
  readonly #options: WatchOptions
  readonly #scan: ArrivalScan
  readonly #screener: StudyScreener
  readonly #queue: FolderJobQueue
  readonly #queued: AppendJournal<Arrival>
  readonly #results: AppendJournal<WatchedLine>
  readonly #queuedNames: Set<string>
  readonly #finishedVersions: Set<string>
  readonly #finishedImages: Set<string>
  readonly #underWay = new Set<Promise<void>>()
  #failure: unknown = null

  private constructor(
    options: WatchOptions,
    parts: {
      scan: ArrivalScan
      screener: StudyScreener
      queue: FolderJobQueue
      queued: AppendJournal<Arrival>
      results: AppendJournal<WatchedLine>
      names: KnownNames
    },
  ) {
    this.#options = options
    this.#scan = parts.scan
    this.#screener = parts.screener
    this.#queue = parts.queue
    this.#queued = parts.queued
    this.#results = parts.results
    this.#queuedNames = parts.names.queued
    this.#finishedVersions = parts.names.finishedVersions
    this.#finishedImages = parts.names.finishedImages
  }

  /** Runs until `signal` is aborted (what is under way is finished first), or with `untilEmpty` until all is done. */
  static async run(dir: string, settings: ScreeningSettings, options: WatchOptions): Promise<void> {
    if (!(await stat(dir).catch(() => null))?.isDirectory()) {
      throw new ConfigurationError(`${dir} is not a folder that can be watched. Give one that exists.`)
    }
    const unlock = await lockOutputFolder(settings.outDir, 'watch')
    try {
      const watch = await FolderWatch.open(dir, settings, options)
      try {
        options.onStart?.()
        await watch.work()
      } finally {
        await watch.close()
      }
    } finally {
      await unlock()
    }
  }

  /** For one who holds the lock of the output folder; `close` it in the end. */
  static async open(dir: string, settings: ScreeningSettings, options: WatchOptions): Promise<FolderWatch> {
    const state = join(settings.outDir, '.watch')
    const opened: { close(): Promise<void> }[] = []
    const opening = <C extends { close(): Promise<void> }>(resource: C): C => {
      opened.push(resource)
      return resource
    }
    try {
      const screener = opening(await StudyScreener.open(settings, { ...options, force: false }))
      const queue = new FolderJobQueue(join(state, 'queue'), { maximumReceives, clock: systemClock })
      await queue.undoDeliveries()
      // What the system failed over is tried again, as by a second run of `screen`.
      await queue.redrive()
      const names: KnownNames = { queued: new Set(), finishedVersions: new Set(), finishedImages: new Set() }
      const results = opening(
        await AppendJournal.open<WatchedLine>(join(settings.outDir, 'results.jsonl'), (line) => {
          if (line.reason === systemFailure) return
          names.finishedVersions.add(nameOf(line.input, line.inputVersion))
          names.finishedImages.add(nameOf(line.input, line.imageId))
        }),
      )
      // What was queued once and has now neither a message nor a line is queued again: `screen` may have replaced the list.
      const jobs = (await queue.waiting()).map(parseScreeningJob)
      const waiting = new Set(jobs.map(({ source, version }) => nameOf(source, version)))
      const queued = opening(
        await AppendJournal.open<Arrival>(join(state, 'queued.jsonl'), ({ path, version }) => {
          const name = nameOf(path, version)
          const isFinished = names.finishedVersions.has(nameOf(screener.nameOf(path), screener.nameOf(version)))
          if (isFinished || waiting.has(name)) names.queued.add(name)
        }),
      )
      const scan = new ArrivalScan(dir, settings.outDir)
      return new FolderWatch(options, { scan, screener, queue, queued, results, names })
    } catch (error) {
      for (const resource of opened) await resource.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#screener.close()
    await this.#queued.close()
    await this.#results.close()
  }

  async work(): Promise<void> {
    try {
      while (!this.#isEnding()) {
        const unsettled = await this.#enqueueArrivals()
        await this.#recordDeadLetters()
        await this.#screenUntil(performance.now() + this.#options.intervalMs)
        if (this.#options.untilEmpty && unsettled === 0 && this.#underWay.size === 0) {
          if ((await this.#queue.depth()) === 0) break
        }
      }
    } finally {
      await Promise.all(this.#underWay)
    }
    if (this.#failure) throw this.#failure
  }

  #isEnding(): boolean {
    return this.#options.signal.aborted || this.#failure !== null
  }

  async #enqueueArrivals(): Promise<number> {
    const { settled, problems, unsettled } = await this.#scan.next()
    for (const { path, problem } of problems)
      await this.#record(failedLine(this.#screener.nameOf(path), null, problem), problem)
    for (const arrival of settled) {
      const name = nameOf(arrival.path, arrival.version)
      if (this.#queuedNames.has(name)) continue
      await this.#queue.send(buildScreeningJob(arrival.path, arrival.version))
      await this.#queued.append(arrival)
      this.#queuedNames.add(name)
    }
    return unsettled
  }

  async #screenUntil(deadline: number): Promise<void> {
    const slots = this.#options.concurrency * 2
    for (let left = deadline - performance.now(); left > 0 && !this.#isEnding(); left = deadline - performance.now()) {
      if (this.#underWay.size >= slots) {
        await Promise.race([...this.#underWay, sleep(left)])
        continue
      }
      const jobs = await this.#queue.receive(slots - this.#underWay.size, { visibilityMs, waitMs: Math.min(left, 200) })
      for (const job of jobs) {
        const work = this.#finish(job).finally(() => this.#underWay.delete(work))
        this.#underWay.add(work)
      }
      if (jobs.length === 0 && this.#options.untilEmpty) return
    }
  }

  /** Takes one message to its end. Never rejects: a failure of the set-up is kept and ends the watch. */
  async #finish(job: ReceivedJob): Promise<void> {
    try {
      if (await this.#screen(parseScreeningJob(job.body), job.receiveCount)) await this.#queue.acknowledge(job.receipt)
      else await this.#queue.extend(job.receipt, 0)
    } catch (error) {
      this.#failure = error
    }
  }

  /** @returns whether the job is done; otherwise it is to be delivered again, in the end as a dead letter */
  async #screen({ source, version }: ScreeningJob, receiveCount: number): Promise<boolean> {
    if (this.#isFinished(source, version)) return true
    if ((await versionOf(source)) !== version) {
      // The file has changed or gone since; the scan queues what is there now.
      this.#options.log('info', 'stale-arrival')
      return true
    }
    const { line } = await this.#screener.screen({ path: source, problem: null })
    if (line.reason === systemFailure) {
      if (receiveCount >= maximumReceives) await this.#record(line, version)
      return false
    }
    await this.#record(line, version)
    return true
  }

  #isFinished(source: string, version: string): boolean {
    return this.#finishedVersions.has(nameOf(this.#screener.nameOf(source), this.#screener.nameOf(version)))
  }

  /** @param line Calls its input as the list does. */
  async #record(line: ResultLine, version: string): Promise<void> {
    const inputVersion = this.#screener.nameOf(version)
    const image = nameOf(line.input, line.imageId)
    if (this.#finishedImages.has(image) && line.reason !== systemFailure) return
    if (line.reason !== systemFailure) this.#finishedImages.add(image)
    this.#finishedVersions.add(nameOf(line.input, inputVersion))
    await this.#results.append({ ...line, inputVersion })
    this.#options.onStudy(line)
  }

  /** A message may die without a line when its last delivery was cut short: it gets its line here. */
  async #recordDeadLetters(): Promise<void> {
    for (const body of await this.#queue.deadLetters()) {
      const { source, version } = parseScreeningJob(body)
      if (!this.#isFinished(source, version)) {
        await this.#record(failedLine(this.#screener.nameOf(source), null, systemFailure), version)
      }
    }
  }
}

const nameOf = (path: string, mark: string | null): string => `${mark} ${path}`
