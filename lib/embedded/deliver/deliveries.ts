import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FolderDeliveryQueue, settledParts } from '../../adapters/embedded/folder-delivery-queue.ts'
import { FolderObjectStore } from '../../adapters/embedded/folder-object-store.ts'
import { systemClock } from '../../adapters/embedded/system-clock.ts'
import type { DeliveryTarget } from '../../delivery/delivery-config.ts'
import { buildDeliveryMessage } from '../../delivery/delivery-message.ts'
import { idempotencyKeyOf } from '../../delivery/idempotency-key.ts'
import { parseResult } from '../../delivery/parse-result.ts'
import type { Sender } from '../../delivery/sender.ts'
import { ObjectNotFoundError } from '../../screening/kernel/ports.ts'
import type { ResultDocument } from '../../screening/result-documents/result-document.ts'
import { resultKey } from '../../screening/result-documents/write-result.ts'
import type { Log } from '../log.ts'
import { lockOutputFolder } from '../output-lock.ts'
import { Courier, type DeliveryReport, type Ending } from './courier.ts'
import { loadDelivery } from './load-delivery.ts'
import { openSender } from './open-sender.ts'
import { pruneDone } from './prune-done.ts'
import type { ReadDeliveryConfig } from './read-delivery-config.ts'
import { ResultScan } from './result-scan.ts'

/** Where the queues of an output folder lie. */
export const deliveryFolder = (outDir: string): string => join(outDir, '.deliver')

export const openQueue = (outDir: string, { name }: Pick<DeliveryTarget, 'name'>): Promise<FolderDeliveryQueue> =>
  FolderDeliveryQueue.open(join(deliveryFolder(outDir), 'queues', name))

export interface DeliveriesOptions {
  readonly log: Log
  readonly onSettled: (report: DeliveryReport) => void
}

/** What a target's queue has come to. */
export interface TargetSummary {
  readonly target: string
  readonly kind: DeliveryTarget['kind']
  /** By this run. */
  readonly delivered: number
  readonly nothingToSend: number
  readonly superseded: number
  /** Also of earlier runs. */
  readonly waiting: number
  readonly dead: number
}

interface Line {
  readonly target: DeliveryTarget
  readonly queue: FolderDeliveryQueue
  readonly sender: Sender
  readonly courier: Courier
  readonly counts: { delivered: number; nothingToSend: number; superseded: number }
}

/** So often one of the parts of what is done is looked through for what can be forgotten: all of it in a day. Unit: ms. */
const pruningPauseMs = 86_400_000 / settledParts

/** A folder is looked through again after at least so long, and then so that it takes a tenth of the time. Unit: ms. */
const shortestPauseMs = 1000

/**
 * The deliveries of an output folder: a courier for each target, and one scan that finds every result that was not
 * yet put into a queue, whoever made it and whatever was killed in between.
 */
export class Deliveries {
  readonly #config: ReadDeliveryConfig
  readonly #options: DeliveriesOptions
  readonly #store: FolderObjectStore
  readonly #scan: ResultScan
  readonly #lines: Line[] = []
  readonly #unlock: () => Promise<void>
  readonly #unreadable = new Set<string>()
  readonly #stop = new AbortController()
  readonly #outDir: string
  /** Begins anywhere, so that programs that end soon come to every part too. */
  #nextPart = Math.floor(Math.random() * settledParts)
  #prunedAtMs = Number.NEGATIVE_INFINITY

  private constructor(
    outDir: string,
    config: ReadDeliveryConfig,
    options: DeliveriesOptions,
    unlock: () => Promise<void>,
  ) {
    this.#outDir = outDir
    this.#config = config
    this.#options = options
    this.#store = new FolderObjectStore(outDir)
    this.#scan = new ResultScan(outDir)
    this.#unlock = unlock
  }

  /**
   * `close` it in the end.
   * @throws {ConfigurationError} when a target cannot be as it says, or another program delivers from this folder
   */
  static async open(outDir: string, config: ReadDeliveryConfig, options: DeliveriesOptions): Promise<Deliveries> {
    const unlock = await lockOutputFolder(deliveryFolder(outDir), 'deliver')
    const deliveries = new Deliveries(outDir, config, options, unlock)
    try {
      for (const target of config.targets) await deliveries.#addLine(outDir, target)
      return deliveries
    } catch (error) {
      await deliveries.close()
      throw error
    }
  }

  /** Results that no version of ours has written, or a later one. */
  get unreadableResults(): number {
    return this.#unreadable.size
  }

  /** Puts a result that is on disk into every target's queue, unless it is or was there. */
  async enqueue(result: ResultDocument): Promise<void> {
    for (const line of this.#lines) await this.#enqueueFor(line, result)
  }

  /**
   * Delivers until `signal` is aborted (what is under way is finished first), or by itself.
   * @param options.follow Whether results that come while it runs are looked for
   * @param options.until When it ends by itself; a promise of it where whoever makes the results enqueues them
   */
  async run({
    follow,
    until,
    signal,
  }: {
    readonly follow: boolean
    readonly until: Ending | Promise<Ending>
    readonly signal: AbortSignal
  }): Promise<void> {
    const stop = () => this.#stopAll()
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    // Looked at in the end: until then nobody awaits it.
    const watching = this.#watch(follow, until).catch((error: unknown) => ({ error }))
    const couriers = await Promise.allSettled(this.#lines.map((line) => this.#runLine(line)))
    signal.removeEventListener('abort', stop)
    this.#stop.abort()
    const failed = (await watching) ?? couriers.map(failureOf).find((failure) => failure !== null)
    if (failed) throw failed.error
  }

  summary(): Promise<TargetSummary[]> {
    return Promise.all(
      this.#lines.map(async ({ target, queue, counts }) => ({
        target: target.name,
        kind: target.kind,
        ...counts,
        waiting: (await queue.waiting()).length,
        dead: await queue.deadCount(),
      })),
    )
  }

  async close(): Promise<void> {
    for (const { sender } of this.#lines) await sender.close()
    await this.#unlock()
  }

  /** A courier that cannot go on ends them all. */
  async #runLine({ courier }: Line): Promise<void> {
    try {
      await courier.run()
    } catch (error) {
      this.#stopAll()
      throw error
    }
  }

  async #addLine(outDir: string, target: DeliveryTarget): Promise<void> {
    const { log, onSettled } = this.#options
    const queue = await openQueue(outDir, target)
    const sender = await openSender(target, this.#config.folder, systemClock)
    const counts = { delivered: 0, nothingToSend: 0, superseded: 0 }
    const courier = new Courier({
      target,
      queue,
      sender,
      load: (message) => loadDelivery(this.#store, this.#config, target, message),
      enqueue: (result) => this.#enqueueFor(line, result),
      clock: systemClock,
      random: Math.random,
      log,
      onSettled(report) {
        if (report.outcome === 'delivered') counts.delivered++
        if (report.outcome === 'nothing-to-send') counts.nothingToSend++
        if (report.outcome === 'superseded') counts.superseded++
        onSettled(report)
      },
    })
    const line: Line = { target, queue, sender, courier, counts }
    this.#lines.push(line)
  }

  async #enqueueFor({ target, queue, courier }: Line, result: ResultDocument): Promise<void> {
    if (isBefore(target.since, result)) return
    const message = buildDeliveryMessage(this.#config.tenant, target, result, new Date(systemClock.now()))
    if (await queue.add(message)) courier.offer(message)
  }

  #stopAll(): void {
    this.#stop.abort()
    for (const { courier } of this.#lines) courier.stop()
  }

  /** Feeds the couriers. What it fails with ends them too. */
  async #watch(follow: boolean, until: Ending | Promise<Ending>): Promise<null> {
    const { signal } = this.#stop
    const stopped = new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null)
      signal.addEventListener('abort', () => resolve(null))
    })
    try {
      await this.#lookThrough()
      const ending = until instanceof Promise ? await this.#lookForMoreUntil(Promise.race([until, stopped])) : until
      if (ending === null) return null
      if (!follow) this.#endBy(ending)
      while (follow && !signal.aborted) {
        this.#endBy(ending)
        const tookMs = await this.#lookThroughAfter(shortestPauseMs)
        await sleep(tookMs * 9, undefined, { signal })
      }
    } catch (error) {
      if ((error as Error).name !== 'AbortError') {
        this.#stopAll()
        throw error
      }
    }
    return null
  }

  /** Takes up what others put into the queues, until it is known how it is to end. */
  async #lookForMoreUntil(known: Promise<Ending | null>): Promise<Ending | null> {
    // One handler however long it takes: a race of promises would leave one behind at each turn.
    const isKnown = new AbortController()
    known.then(() => isKnown.abort())
    while (!isKnown.signal.aborted) {
      await sleep(shortestPauseMs, undefined, { signal: isKnown.signal }).catch(() => {})
      if (isKnown.signal.aborted) break
      for (const { courier } of this.#lines) await courier.lookForMore()
    }
    return known
  }

  #endBy(ending: Ending): void {
    for (const { courier } of this.#lines) courier.endsBy(ending)
  }

  /** @returns how long it took. Unit: ms. */
  async #lookThroughAfter(pauseMs: number): Promise<number> {
    await sleep(pauseMs, undefined, { signal: this.#stop.signal })
    const started = performance.now()
    await this.#lookThrough()
    return performance.now() - started
  }

  async #lookThrough(): Promise<void> {
    for (const { courier } of this.#lines) await courier.lookForMore()
    await this.#scan.next((imageId) => this.#take(imageId))
    await this.#prune()
  }

  /** That it cannot be done keeps nothing from being delivered. */
  async #prune(): Promise<void> {
    const nowMs = systemClock.now()
    if (systemClock.monotonic() - this.#prunedAtMs < pruningPauseMs) return
    this.#prunedAtMs = systemClock.monotonic()
    const part = this.#nextPart++ % settledParts
    for (const { target, queue } of this.#lines) {
      const keyOf = (result: ResultDocument) => idempotencyKeyOf(this.#config.tenant, target, result)
      try {
        await pruneDone(queue, part, { outDir: this.#outDir, keyOf, nowMs })
      } catch (error) {
        this.#options.log('warn', 'not-pruned', { target: target.name, cause: (error as Error).message })
      }
    }
  }

  /** @returns whether there was a result */
  async #take(imageId: string): Promise<boolean> {
    this.#stop.signal.throwIfAborted()
    const bytes = await this.#store.get(resultKey(imageId)).catch((error) => {
      if (error instanceof ObjectNotFoundError) return null
      throw error
    })
    if (!bytes) return false
    const result = parseResult(bytes)
    if (result) {
      this.#unreadable.delete(imageId)
      await this.enqueue(result)
    } else {
      this.#unreadable.add(imageId)
      this.#options.log('error', 'unreadable-result', { imageId })
    }
    return true
  }
}

const failureOf = (settled: PromiseSettledResult<void>): { error: unknown } | null =>
  settled.status === 'rejected' ? { error: settled.reason } : null

/** The time of a de-identified result is shifted by years and compares with nothing: it is sent. */
const isBefore = (since: string | null, { analysedAt, deidentification }: ResultDocument): boolean =>
  since !== null && deidentification === null && Date.parse(analysedAt) < Date.parse(since)
