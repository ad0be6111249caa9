import TinyQueue from 'tinyqueue'
import type { FolderDeliveryQueue, Settlement } from '../../adapters/embedded/folder-delivery-queue.ts'
import type { DeliveryTarget } from '../../delivery/delivery-config.ts'
import { compareMessages, type DeliveryMessage } from '../../delivery/delivery-message.ts'
import type { RefusalReason, UnavailableReason } from '../../delivery/delivery-outcome.ts'
import { afterFailure, retryDelayMs } from '../../delivery/retry-schedule.ts'
import type { Sender } from '../../delivery/sender.ts'
import type { Clock } from '../../screening/kernel/ports.ts'
import type { ResultDocument } from '../../screening/result-documents/result-document.ts'
import type { Log } from '../log.ts'
import type { Loaded } from './load-delivery.ts'

/** What became of a delivery that waits no longer. */
export interface DeliveryReport {
  readonly target: string
  readonly imageId: string
  readonly key: string
  readonly outcome: Settlement['outcome'] | 'dead'
  /** Why there was nothing to send, or why it was given up; null otherwise. */
  readonly reason: string | null
  readonly attempts: number
}

/**
 * When a courier ends by itself: never, when nothing waits any more, or when everything was tried once.
 */
export type Ending = 'when-stopped' | 'when-empty' | 'when-tried'

export interface CourierParts {
  readonly target: DeliveryTarget
  readonly queue: Pick<FolderDeliveryQueue, 'waiting' | 'read' | 'update' | 'settle' | 'setAside'>
  readonly sender: Sender
  readonly load: (message: DeliveryMessage) => Promise<Loaded>
  /** Adds the delivery of the result that stands in place of another. */
  readonly enqueue: (result: ResultDocument) => Promise<void>
  readonly clock: Clock
  /** Range: 0–1 */
  readonly random: () => number
  readonly log: Log
  readonly onSettled: (report: DeliveryReport) => void
}

type Entry = Pick<DeliveryMessage, 'key' | 'outcome' | 'queuedAt' | 'attempts'> & {
  readonly dueMs: number
  /** By this courier. */
  readonly tried: boolean
}

/** After so many failures in a row, one that is to try everything once leaves the rest. */
const enoughFailures = 3
/** Unit: ms. */
const longestWaitMs = 60_000

/**
 * Makes the deliveries to one target. A failure that may be the target's makes it rest; then one delivery at a time,
 * each time another, finds out whether it is back. Nothing is given up because the target is down.
 */
export class Courier {
  readonly #parts: CourierParts
  readonly #known = new Set<string>()
  #ready = new TinyQueue<Entry>([], compareMessages)
  readonly #later = new TinyQueue<Entry>([], (a, b) => a.dueMs - b.dueMs)
  readonly #underWay = new Set<Promise<void>>()
  #failuresInRow = 0
  #restsUntilMs = 0
  #lastFailureMs = Number.NEGATIVE_INFINITY
  #lastSuccessMs = Number.NEGATIVE_INFINITY
  #ending: Ending = 'when-stopped'
  #isFed = false
  #isStopping = false
  #failure: unknown = null
  #wake: () => void = () => {}

  constructor(parts: CourierParts) {
    this.#parts = parts
  }

  /** Number of deliveries that wait. */
  get waiting(): number {
    return this.#known.size
  }

  /** Takes up a delivery that lies in the queue. */
  offer(message: DeliveryMessage): void {
    if (this.#known.has(message.key)) return
    this.#known.add(message.key)
    const { key, outcome, queuedAt, attempts, notBefore } = message
    const dueMs = notBefore === null ? 0 : Date.parse(notBefore)
    this.#place({ key, outcome, queuedAt, attempts, dueMs, tried: false })
    this.#wake()
  }

  /** Takes up what others have put into the queue. */
  async lookForMore(): Promise<void> {
    for (const key of await this.#parts.queue.waiting()) {
      if (this.#known.has(key) || this.#isStopping) continue
      const message = await this.#parts.queue.read(key)
      if (message) this.offer(message)
    }
  }

  /** Everything there is was offered: from here on it may come to its end. */
  endsBy(ending: Ending): void {
    this.#ending = ending
    this.#isFed = true
    if (ending === 'when-tried') this.#makeUntriedDue()
    this.#wake()
  }

  /** Ends after what is under way. */
  stop(): void {
    this.#isStopping = true
    this.#wake()
  }

  /** @throws what kept it from reading or keeping its queue */
  async run(): Promise<void> {
    while (!this.#isOver()) {
      this.#startDue()
      if (!this.#isOver()) await this.#nextEvent()
    }
    await Promise.all(this.#underWay)
    if (this.#failure) throw this.#failure
  }

  #isOver(): boolean {
    if (this.#isStopping || this.#failure !== null) return true
    if (!this.#isFed || this.#underWay.size > 0) return false
    if (this.#ending === 'when-empty') return this.#known.size === 0
    if (this.#ending === 'when-tried') return this.#ready.length === 0 || this.#failuresInRow >= enoughFailures
    return false
  }

  get #slots(): number {
    return this.#failuresInRow > 0 ? 1 : this.#parts.sender.concurrency
  }

  #place(entry: Entry): void {
    const isDue = entry.dueMs <= this.#parts.clock.now() || (this.#ending === 'when-tried' && !entry.tried)
    if (isDue) this.#ready.push(entry)
    else this.#later.push(entry)
  }

  #makeUntriedDue(): void {
    const entries: Entry[] = []
    for (let entry = this.#later.pop(); entry; entry = this.#later.pop()) entries.push(entry)
    for (const entry of entries) this.#place(entry)
  }

  #startDue(): void {
    const now = this.#parts.clock.now()
    while (this.#ending !== 'when-tried' && (this.#later.peek()?.dueMs ?? Number.POSITIVE_INFINITY) <= now) {
      this.#ready.push(this.#later.pop()!)
    }
    if (now < this.#restsUntilMs && this.#ending !== 'when-tried') return
    if (this.#ending === 'when-tried' && this.#failuresInRow >= enoughFailures) return
    while (this.#underWay.size < this.#slots) {
      const entry = this.#failuresInRow > 0 ? this.#popLeastTried() : this.#ready.pop()
      if (!entry) return
      const work = this.#attempt(entry)
        .catch((error) => {
          this.#failure = error
        })
        .finally(() => {
          this.#underWay.delete(work)
          this.#wake()
        })
      this.#underWay.add(work)
    }
  }

  /**
   * What finds out whether the target is back. Were it always the same, one delivery that the target fails over would
   * hold up all others for ever.
   */
  #popLeastTried(): Entry | undefined {
    const [first, ...others] = this.#ready.data
    if (!first) return undefined
    const least = others.reduce((a, b) => ((a.attempts - b.attempts || compareMessages(a, b)) <= 0 ? a : b), first)
    this.#ready = new TinyQueue(
      this.#ready.data.filter((entry) => entry !== least),
      compareMessages,
    )
    return least
  }

  async #nextEvent(): Promise<void> {
    const now = this.#parts.clock.now()
    const dueMs = this.#ready.length > 0 ? now : (this.#later.peek()?.dueMs ?? Number.POSITIVE_INFINITY)
    // With the slots taken, the end of an attempt is waited for.
    const waitMs = this.#underWay.size < this.#slots ? Math.max(dueMs, this.#restsUntilMs) - now : longestWaitMs
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(longestWaitMs, Math.max(0, waitMs)))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #attempt(entry: Entry): Promise<void> {
    const { queue, load } = this.#parts
    const message = await queue.read(entry.key)
    if (!message) {
      this.#known.delete(entry.key)
      return
    }
    const loaded = await load(message)
    switch (loaded.kind) {
      case 'delivery':
        return this.#send(entry, message, loaded)
      case 'nothing-to-send':
        return this.#settle(message, 'nothing-to-send', loaded.code)
      case 'superseded':
        await this.#parts.enqueue(loaded.by)
        return this.#settle(message, 'superseded', null)
      case 'refused':
        return this.#setAside(message, loaded.reason)
      case 'missing':
        return this.#keepWaiting(entry, message, { reason: 'result-missing', retryAfterMs: null, isHeldAgainst: true })
    }
  }

  async #send(
    entry: Entry,
    message: DeliveryMessage,
    { delivery }: Extract<Loaded, { kind: 'delivery' }>,
  ): Promise<void> {
    const { sender, clock, log, target } = this.#parts
    const startedMs = clock.now()
    const outcome = await sender.send(delivery).catch((error: Error) => {
      log('error', 'delivery-defect', { target: target.name, imageId: message.imageId, cause: error.message })
      return { kind: 'refused', reason: 'defect' } as const
    })
    if (outcome.kind === 'unavailable') {
      const { reason, retryAfterMs } = outcome
      const isHeldAgainst = message.lastFailure !== null && this.#lastSuccessMs > Date.parse(message.lastFailure.at)
      this.#restAfter(startedMs, retryAfterMs)
      return this.#keepWaiting(entry, message, { reason, retryAfterMs, isHeldAgainst })
    }
    this.#failuresInRow = 0
    this.#restsUntilMs = 0
    if (outcome.kind === 'refused')
      return this.#setAside({ ...message, attempts: message.attempts + 1 }, outcome.reason)
    this.#lastSuccessMs = clock.now()
    return this.#settle({ ...message, attempts: message.attempts + 1 }, 'delivered', null)
  }

  /** What was under way when the target failed says nothing new of it. */
  #restAfter(startedMs: number, retryAfterMs: number | null): void {
    const now = this.#parts.clock.now()
    if (startedMs >= this.#lastFailureMs) {
      this.#failuresInRow++
      const delayMs = Math.max(retryDelayMs(this.#failuresInRow, this.#parts.random()), retryAfterMs ?? 0)
      this.#restsUntilMs = now + delayMs
    }
    this.#lastFailureMs = now
  }

  async #keepWaiting(
    entry: Entry,
    message: DeliveryMessage,
    failure: {
      readonly reason: UnavailableReason | Extract<RefusalReason, 'result-missing'>
      readonly retryAfterMs: number | null
      readonly isHeldAgainst: boolean
    },
  ): Promise<void> {
    const { queue, clock, random, log, target } = this.#parts
    const { giveUpAfterDays } = target
    const next = afterFailure(message, { ...failure, nowMs: clock.now(), giveUpAfterDays, random: random() })
    log('warn', 'not-delivered', {
      target: target.name,
      imageId: message.imageId,
      reason: failure.reason,
      attempts: next.message.attempts,
    })
    if (next.givenUp) {
      return this.#setAside(next.message, failure.reason === 'result-missing' ? failure.reason : next.givenUp)
    }
    await queue.update(next.message)
    const { attempts, notBefore } = next.message
    this.#place({ ...entry, attempts, dueMs: Date.parse(notBefore!), tried: true })
  }

  async #settle(message: DeliveryMessage, outcome: Settlement['outcome'], code: string | null): Promise<void> {
    const at = new Date(this.#parts.clock.now()).toISOString()
    await this.#parts.queue.settle(message, { outcome, code, at })
    this.#report(message, outcome, code)
  }

  async #setAside(message: DeliveryMessage, reason: RefusalReason): Promise<void> {
    await this.#parts.queue.setAside(message, reason, new Date(this.#parts.clock.now()))
    this.#report(message, 'dead', reason)
  }

  #report(
    { key, imageId, attempts }: DeliveryMessage,
    outcome: DeliveryReport['outcome'],
    reason: string | null,
  ): void {
    this.#known.delete(key)
    this.#parts.onSettled({ target: this.#parts.target.name, imageId, key, outcome, reason, attempts })
  }
}
