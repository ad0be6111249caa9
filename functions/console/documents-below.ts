import { forEachConcurrently } from '../../lib/adapters/embedded/for-each-concurrently.ts'
import { type Clock, ObjectNotFoundError } from '../../lib/screening/kernel/ports.ts'
import type { DatedStore } from './tenant-store.ts'

export interface Dated<T> {
  readonly value: T
  /** Unit: ms since the Unix epoch. */
  readonly modifiedAt: number
}

export interface DocumentKind<T> {
  /** Ends with '/'. */
  readonly prefix: string
  /** Null: not of this kind, and not read. */
  readonly parserOf: (key: string) => ((bytes: Uint8Array) => T) | null
}

/** A list stands for this long at least. Unit: ms. */
const shortestStandMs = 3_000
/** At most a tenth of the time goes into listing. */
const standPerLook = 10
const readsAtATime = 32

/** The documents below a prefix, by key. Each is read once by this program; again when it was written anew. */
export class DocumentsBelow<T> {
  readonly #store: DatedStore
  readonly #clock: Clock
  readonly #kind: DocumentKind<T>
  #known: ReadonlyMap<string, Dated<T>> = new Map()
  #standsUntil = Number.NEGATIVE_INFINITY
  #looking: Promise<ReadonlyMap<string, Dated<T>>> | null = null

  constructor(store: DatedStore, clock: Clock, kind: DocumentKind<T>) {
    this.#store = store
    this.#clock = clock
    this.#kind = kind
  }

  /**
   * Those that were written since; the same map as long as none came, changed or went.
   * @param from Unit: ms since the Unix epoch.
   */
  look(from: number): Promise<ReadonlyMap<string, Dated<T>>> {
    if (this.#clock.monotonic() < this.#standsUntil) return Promise.resolve(this.#known)
    this.#looking ??= this.#look(from).finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  /** The next look lists anew: something was written by ourselves. */
  forget(): void {
    this.#standsUntil = Number.NEGATIVE_INFINITY
  }

  async #look(from: number): Promise<ReadonlyMap<string, Dated<T>>> {
    const began = this.#clock.monotonic()
    const found = new Map<string, Dated<T>>()
    const unread: { key: string; modifiedAt: number; parse: (bytes: Uint8Array) => T }[] = []
    for await (const { key, modifiedAt } of this.#store.listDated(this.#kind.prefix)) {
      if (modifiedAt < from) continue
      const known = this.#known.get(key)
      const parse = this.#kind.parserOf(key)
      if (known?.modifiedAt === modifiedAt) found.set(key, known)
      else if (parse) unread.push({ key, modifiedAt, parse })
    }
    await forEachConcurrently(unread, readsAtATime, async ({ key, modifiedAt, parse }) => {
      try {
        found.set(key, { value: parse(await this.#store.get(key)), modifiedAt })
      } catch (error) {
        // Deleted since it was listed.
        if (!(error instanceof ObjectNotFoundError)) throw error
      }
    })
    if (unread.length > 0 || found.size !== this.#known.size) this.#known = found
    const ended = this.#clock.monotonic()
    this.#standsUntil = ended + Math.max(shortestStandMs, standPerLook * (ended - began))
    return this.#known
  }
}
