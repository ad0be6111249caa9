import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { type Clock, ObjectNotFoundError, type ObjectStore } from '../../lib/screening/kernel/ports.ts'
import type { StudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { type FailureReason, failureReasons } from './study-failure.ts'

const attemptDocument = z.strictObject({
  schemaVersion: z.literal(1),
  /** Tells this attempt from another one that was written at the same time. */
  id: z.string(),
  /** The message that brought the image. */
  messageId: z.string(),
  /** Unit: ms since the Unix epoch. */
  begunAt: z.number(),
  /** Whether nothing else was under way in its worker. */
  alone: z.boolean(),
  /**
   * `open`: under way, or its worker ended meanwhile. `computed`: what is left is to write the result. `set-aside`: no
   * attempt: its message becomes a dead letter, and for any other message the count begins anew behind it. A reason: the
   * attempt failed, by no fault of the worker.
   */
  state: z.enum(['open', 'computed', 'set-aside', 'set-aside-suspected', ...failureReasons]),
})
type Attempt = z.infer<typeof attemptDocument>

/** What earlier attempts say of an image. */
export interface Standing {
  /** Another message of the same image is being worked on. */
  readonly underWayElsewhere: boolean
  /** Failures of its own. */
  readonly failed: number
  /** The reason of the latest of them; null when there is none. */
  readonly lastFailure: FailureReason | null
  /** Ends of a worker in which the image was alone. */
  readonly endedAlone: number
  /** Ends of a worker in which others were under way too: any of them may have been the cause. */
  readonly endedBeside: number
  /** A worker ended with it: it is screened alone. */
  readonly suspected: boolean
}

/** What is held against an image itself. */
export const chargesOf = ({ failed, endedAlone }: Standing): number => failed + endedAlone

export interface AttemptSource {
  readonly store: ObjectStore
  readonly clock: Clock
  /** An attempt of another message that is older than this is over. Unit: ms. */
  readonly longestImageMs: number
}

/**
 * Our own count of the attempts at one image: one small object each, numbered, written before anything is computed. Who
 * writes the next number first has the image. An attempt that ends well or by no fault of the image is deleted; what
 * stays open is the trace of a worker that ended.
 */
export class AttemptRecord {
  readonly #job: StudyJob
  readonly #messageId: string
  readonly #source: AttemptSource
  /** All attempts but the own one, by number; null: not read. */
  #others: ReadonlyMap<number, Attempt> | null = null
  #own: { readonly number: number; readonly attempt: Attempt } | null = null
  /** Numbers of all attempts, the own one too. */
  readonly #known = new Set<number>()
  #beginning: Promise<unknown> = Promise.resolve()

  constructor(job: StudyJob, messageId: string, source: AttemptSource) {
    this.#job = job
    this.#messageId = messageId
    this.#source = source
  }

  /** Whether there may be more than the own attempt. */
  get hasHistory(): boolean {
    return this.#others !== null
  }

  /** Begins the first attempt at an image that has none; false when it has. */
  async beginFirst(): Promise<boolean> {
    return this.#begin(1, false)
  }

  /** Begins the next attempt after those that were read; false when another worker was faster. */
  async beginNext(alone: boolean): Promise<boolean> {
    return this.#begin(this.#nextNumber(), alone)
  }

  async read(): Promise<Standing> {
    const { store, clock, longestImageMs } = this.#source
    const others = new Map<number, Attempt>()
    const prefix = studyKeys.attempts(this.#job.tenant, this.#job.imageId)
    for await (const key of store.list(prefix)) {
      const number = Number(key.slice(prefix.length).replace('.json', ''))
      const attempt = number === this.#own?.number ? null : await this.#readAt(key)
      if (attempt) others.set(number, attempt)
    }
    for (const number of others.keys()) this.#known.add(number)
    this.#others = others
    const inOrder = [...others].sort(([a], [b]) => a - b).map(([, attempt]) => attempt)
    const begin = inOrder.findLastIndex(
      ({ state, messageId }) => state.startsWith('set-aside') && messageId !== this.#messageId,
    )
    const isUnderWay = ({ state, messageId, begunAt }: Attempt): boolean =>
      (state === 'open' || state === 'computed') &&
      messageId !== this.#messageId &&
      clock.now() - begunAt < longestImageMs
    const all = inOrder.slice(Math.max(begin, 0))
    const ended = all.filter((attempt) => attempt.state === 'open' && !isUnderWay(attempt))
    const failures = all.flatMap(({ state }) => (isFailure(state) ? [state] : []))
    const endedAlone = ended.filter(({ alone }) => alone).length
    return {
      underWayElsewhere: all.some(isUnderWay),
      failed: failures.length,
      lastFailure: failures.at(-1) ?? null,
      endedAlone,
      endedBeside: ended.length - endedAlone,
      suspected: ended.length > 0 || all.some(({ state }) => state === 'set-aside-suspected'),
    }
  }

  /** From here on the end of the worker says nothing of the image. */
  async markComputed(): Promise<void> {
    if (this.#own) await this.#write(this.#own.number, { ...this.#own.attempt, state: 'computed' })
  }

  /** The attempt leaves no trace, nor does one that is just being written. */
  async withdraw(): Promise<void> {
    await this.#beginning
    const own = this.#own
    this.#own = null
    if (own) await this.#source.store.delete(this.#keyOf(own.number))
  }

  /** Holds a failure against the image. @returns what is known of it now */
  async charge(reason: FailureReason): Promise<Standing> {
    const standing = await this.read()
    const { number, attempt } = this.#own ?? { number: this.#nextNumber(), attempt: this.#attempt(false) }
    await this.#write(number, { ...attempt, state: reason })
    this.#own = null
    return { ...standing, failed: standing.failed + 1, lastFailure: reason }
  }

  /**
   * The message becomes a dead letter. One write, before it goes: if the worker ends in between, the message is set aside
   * again and nothing is tried. Sent back, as another message, the job starts anew, alone where a worker has ended with it.
   */
  async setAside({ suspected }: Standing): Promise<void> {
    const number = this.#nextNumber()
    await this.#write(number, { ...this.#attempt(false), state: suspected ? 'set-aside-suspected' : 'set-aside' })
  }

  /** Deletes what is no longer counted, once the message that was set aside is gone. */
  async forgetOlder(): Promise<void> {
    const last = Math.max(...this.#known)
    for (const number of this.#known) if (number < last) await this.#source.store.delete(this.#keyOf(number))
  }

  /** The image has its result: nothing is held against it any more. */
  async forget(): Promise<void> {
    if (this.#own && !this.#others) return this.withdraw()
    const keys: string[] = []
    for await (const key of this.#source.store.list(studyKeys.attempts(this.#job.tenant, this.#job.imageId))) {
      keys.push(key)
    }
    for (const key of keys) await this.#source.store.delete(key)
  }

  #begin(number: number, alone: boolean): Promise<boolean> {
    const begun = this.#beginNow(number, alone)
    this.#beginning = begun.catch(() => {})
    return begun
  }

  async #beginNow(number: number, alone: boolean): Promise<boolean> {
    const attempt = this.#attempt(alone)
    const written = await this.#source.store.put(this.#keyOf(number), encode(attempt), {
      ifAbsent: true,
      contentType: 'application/json',
    })
    // A repetition by the client, whose first answer was lost, finds its own attempt.
    const mine = written || (await this.#readAt(this.#keyOf(number)))?.id === attempt.id
    if (mine) {
      this.#own = { number, attempt }
      this.#known.add(number)
    }
    return mine
  }

  async #write(number: number, attempt: Attempt): Promise<void> {
    await this.#source.store.put(this.#keyOf(number), encode(attempt), { contentType: 'application/json' })
    this.#known.add(number)
  }

  async #readAt(key: string): Promise<Attempt | null> {
    try {
      return attemptDocument.parse(JSON.parse(new TextDecoder().decode(await this.#source.store.get(key))))
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return null
      throw error
    }
  }

  #attempt(alone: boolean): Attempt {
    const begunAt = this.#source.clock.now()
    return { schemaVersion: 1, id: randomUUID(), messageId: this.#messageId, begunAt, alone, state: 'open' }
  }

  #nextNumber(): number {
    return 1 + Math.max(0, ...this.#known)
  }

  #keyOf(number: number): string {
    return studyKeys.attempt(this.#job.tenant, this.#job.imageId, number)
  }
}

const isFailure = (state: Attempt['state']): state is FailureReason =>
  (failureReasons as readonly string[]).includes(state)

const encode = (attempt: Attempt): Uint8Array => new TextEncoder().encode(JSON.stringify(attempt))
