import { createWriteStream, type WriteStream } from 'node:fs'
import { access, readFile, rename } from 'node:fs/promises'
import { finished, pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'
import type { FoundEntry } from '../../adapters/embedded/walk-folder.ts'
import { writeFileAtomically } from '../../adapters/embedded/write-file-atomically.ts'
import { isSetAside, type ResultLine } from '../../screening/result-documents/result-line.ts'
import { cutTornLine, jsonLine, readJsonLines } from '../json-lines.ts'
import type { Log } from '../log.ts'
import type { ScreeningSettings } from '../screening-settings.ts'
import { StudyScreener } from '../study-screener.ts'
import { backfillFolder } from './backfill-folder.ts'
import { BackfillTally } from './backfill-tally.ts'
import { isLiveBusy } from './live-lane.ts'
import type { BackfillPlan } from './plan-backfill.ts'

/** Over all runs into one folder. Null: no limit. */
export interface BackfillBudget {
  readonly images: number | null
  /** Unit: hours in which images were begun or under way; pauses do not count. */
  readonly hours: number | null
  readonly usd: number | null
  readonly usdPerHour: number
}

export type BackfillEnding = 'finished' | 'interrupted' | 'budget-images' | 'budget-hours' | 'budget-usd'

export interface BackfillReport {
  readonly ending: BackfillEnding
  readonly entries: number
  readonly done: number
  readonly suspected: number
  readonly notSuspected: number
  readonly notAnalysed: number
  /** Why it was not analysed: how many. */
  readonly reasons: Readonly<Record<string, number>>
  readonly setAside: number
  readonly setAsideReasons: Readonly<Record<string, number>>
  /** Of all runs. */
  readonly hours: number
  readonly usd: number | null
}

export interface BackfillOptions {
  readonly concurrency: number
  readonly budget: BackfillBudget
  /** Output folders of `watch` and `listen` that go first. */
  readonly live: readonly string[]
  readonly log: Log
  readonly signal: AbortSignal
  readonly onLine: (line: ResultLine, done: number) => void
  readonly onHold: (why: 'paused' | 'live' | null) => void
}

const lookMs = 250
const spentEveryMs = 5_000

/**
 * Screens what the plan names, in the order of its manifest, from where an earlier run has stopped. Of a run that was
 * killed the results stay, and images whose line was not written yet are not computed again.
 * @throws when nothing more can be written, or the set-up does not fit together
 */
export async function runBackfill(
  plan: BackfillPlan,
  settings: ScreeningSettings,
  options: BackfillOptions,
): Promise<BackfillReport> {
  const { outDir } = settings
  const file = backfillFolder.results(outDir)
  await cutTornLine(file)
  const tally = new BackfillTally()
  for await (const line of readJsonLines<ResultLine>(file)) tally.add(line)
  const spent = await Spent.read(outDir)
  const screener = await StudyScreener.open(settings, {
    concurrency: options.concurrency,
    force: false,
    log: options.log,
  })
  const lines = createWriteStream(file, { flags: 'a' })
  try {
    const run = new BackfillRun(outDir, screener, lines, tally, spent, options)
    const ending = await run.work()
    lines.end()
    await finished(lines)
    await writeNotAnalysed(outDir)
    return await writeReport(outDir, plan, ending, tally, spent.hours, options.budget)
  } finally {
    lines.destroy()
    await screener.close()
    await spent.write()
  }
}

class BackfillRun {
  readonly #outDir: string
  readonly #screener: StudyScreener
  readonly #lines: WriteStream
  readonly #tally: BackfillTally
  readonly #spent: Spent
  readonly #options: BackfillOptions
  readonly #waiting = new Map<number, ResultLine>()
  /** Lines of earlier runs. */
  readonly #first: number
  /** Place in the manifest of the next line to be written. */
  #next: number
  /** Pictures that have been through. */
  #images: number
  /** Entries that were begun and have not ended. */
  #begun = 0
  #ending: BackfillEnding = 'finished'
  #failure: Error | null = null

  constructor(
    outDir: string,
    screener: StudyScreener,
    lines: WriteStream,
    tally: BackfillTally,
    spent: Spent,
    options: BackfillOptions,
  ) {
    this.#outDir = outDir
    this.#screener = screener
    this.#lines = lines
    this.#tally = tally
    this.#spent = spent
    this.#options = options
    this.#first = tally.lines
    this.#next = tally.lines
    this.#images = tally.images
    lines.on('error', (error) => {
      this.#failure = error
    })
  }

  async work(): Promise<BackfillEnding> {
    // Two per process, so that the next image is at hand while one is screened.
    await forEachConcurrently(this.#entries(), this.#options.concurrency * 2, async ([place, entry]) => {
      this.#begun++
      const { line } = await this.#screener.screen(entry)
      this.#begun--
      if (!isSetAside(line)) this.#images++
      this.#put(place, line)
    })
    if (this.#failure) throw this.#failure
    return this.#ending
  }

  /** What is still to be done, until the signal or the budget ends it. */
  async *#entries(): AsyncIterable<[number, FoundEntry]> {
    let place = 0
    for await (const entry of readJsonLines<FoundEntry>(backfillFolder.manifest(this.#outDir))) {
      if (place++ < this.#first) continue
      const ending = await this.#mayBegin()
      if (ending !== null) {
        this.#ending = ending
        return
      }
      yield [place - 1, entry]
    }
  }

  /** Waits while it is paused or live studies are there. @returns why nothing more may begin; null when it may */
  async #mayBegin(): Promise<BackfillEnding | null> {
    let held: 'paused' | 'live' | null = null
    for (;;) {
      if (this.#failure) throw this.#failure
      if (this.#options.signal.aborted) return 'interrupted'
      const overdrawn = this.#overdrawn()
      if (overdrawn) return overdrawn
      const why = await this.#heldBy()
      if (why !== held) {
        held = why
        this.#options.onHold(why)
      }
      await this.#spent.tick(why === null || this.#begun > 0)
      if (why === null && !this.#mightOverdraw()) return null
      await sleep(lookMs, undefined, { signal: this.#options.signal }).catch(() => {})
    }
  }

  async #heldBy(): Promise<'paused' | 'live' | null> {
    if (await exists(backfillFolder.paused(this.#outDir))) return 'paused'
    for (const folder of this.#options.live) if (await isLiveBusy(folder)) return 'live'
    return null
  }

  #overdrawn(): BackfillEnding | null {
    const { images, hours, usd, usdPerHour } = this.#options.budget
    if (images !== null && this.#images >= images) return 'budget-images'
    if (hours !== null && this.#spent.hours >= hours) return 'budget-hours'
    if (usd !== null && this.#spent.hours * usdPerHour >= usd) return 'budget-usd'
    return null
  }

  /** A budget is not passed by as many as run beside each other: their end is waited for. */
  #mightOverdraw(): boolean {
    const { images } = this.#options.budget
    return images !== null && this.#images + this.#begun >= images
  }

  /** Lines are written in the order of the manifest, whatever order the images finish in. */
  #put(place: number, line: ResultLine): void {
    if (this.#failure) throw this.#failure
    this.#waiting.set(place, line)
    for (let ready = this.#waiting.get(this.#next); ready; ready = this.#waiting.get(this.#next)) {
      this.#lines.write(jsonLine(ready))
      this.#waiting.delete(this.#next++)
      this.#tally.add(ready)
      this.#options.onLine(ready, this.#tally.lines)
    }
  }
}

/** Time that runs have taken, on disk every few seconds: of a run that is killed a few seconds are forgotten. */
class Spent {
  readonly #outDir: string
  #ms: number
  #lookedAt = performance.now()
  #writtenAt = performance.now()

  private constructor(outDir: string, ms: number) {
    this.#outDir = outDir
    this.#ms = ms
  }

  static async read(outDir: string): Promise<Spent> {
    const text = await readFile(backfillFolder.spent(outDir), 'utf8').catch(() => '{}')
    const { ms } = JSON.parse(text) as { ms?: number }
    return new Spent(outDir, ms ?? 0)
  }

  get hours(): number {
    return this.#ms / 3_600_000
  }

  /** @param isWorking Whether the time since the last call was spent on images */
  async tick(isWorking: boolean): Promise<void> {
    const now = performance.now()
    if (isWorking) this.#ms += now - this.#lookedAt
    this.#lookedAt = now
    if (now - this.#writtenAt < spentEveryMs) return
    this.#writtenAt = now
    await this.#store()
  }

  async write(): Promise<void> {
    this.#ms += performance.now() - this.#lookedAt
    this.#lookedAt = performance.now()
    await this.#store()
  }

  async #store(): Promise<void> {
    await writeFileAtomically(backfillFolder.spent(this.#outDir), `${JSON.stringify({ ms: Math.round(this.#ms) })}\n`)
  }
}

/** Makes the list of what was not analysed anew, in flat memory. */
async function writeNotAnalysed(outDir: string): Promise<void> {
  const file = backfillFolder.notAnalysed(outDir)
  await pipeline(
    async function* () {
      for await (const line of readJsonLines<ResultLine>(backfillFolder.results(outDir))) {
        if (line.outcome !== 'not-analysed' || isSetAside(line)) continue
        yield jsonLine({ input: line.input, imageId: line.imageId, reason: line.reason })
      }
    },
    createWriteStream(`${file}.draft`),
  )
  await rename(`${file}.draft`, file)
}

async function writeReport(
  outDir: string,
  plan: BackfillPlan,
  ending: BackfillEnding,
  tally: BackfillTally,
  hours: number,
  { usdPerHour }: BackfillBudget,
): Promise<BackfillReport> {
  const report: BackfillReport = {
    ending,
    entries: plan.entries,
    done: tally.lines,
    suspected: tally.suspected,
    notSuspected: tally.notSuspected,
    notAnalysed: tally.notAnalysed,
    reasons: tally.reasons,
    setAside: tally.setAside,
    setAsideReasons: tally.setAsideReasons,
    hours,
    usd: usdPerHour > 0 ? hours * usdPerHour : null,
  }
  await writeFileAtomically(backfillFolder.report(outDir), `${JSON.stringify(report, null, 2)}\n`)
  return report
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
