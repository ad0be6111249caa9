import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { type DeadLetter, type DeliveryMessage, deadLetter, deliveryMessage } from '../../delivery/delivery-message.ts'
import { linkIfAbsent } from './link-if-absent.ts'
import { makeFolder } from './make-folder.ts'
import { syncFolder } from './sync-folder.ts'
import { writeFileAtomically } from './write-file-atomically.ts'

/** How a delivery came to its end, as it is kept. */
export interface Settlement {
  readonly outcome: 'delivered' | 'nothing-to-send' | 'superseded'
  /** Why there was nothing to send; null otherwise. */
  readonly code: string | null
  readonly at: string
}

const settledMessage = deliveryMessage.extend({
  outcome: z.enum(['delivered', 'nothing-to-send', 'superseded']),
  code: z.string().nullable(),
  at: z.iso.datetime(),
})

export type SettledDelivery = z.infer<typeof settledMessage>

/** Parts into which a queue's ends are divided, by the first digits of their keys. */
export const settledParts = 256

export interface UnreadableLetter {
  readonly key: string
  readonly reason: 'unreadable-letter'
  readonly diedAt: ''
}

/**
 * The deliveries to one target, in a folder: each is a file under its idempotency key, in one of three places.
 *
 *   waiting/<key>.json         to be made; holds attempts, and when the next one is due
 *   done/<2 digits>/<key>.json came to its end, and how
 *   dead/<key>.json            given up, with the reason
 *
 * What moves is written in its new place before it is removed from the old one: a kill in between leaves it in both,
 * and the later place counts. What waits is not flushed to disk, since it is made again from the results; a dead letter
 * is. One program takes from a queue; any number may add to it.
 */
export class FolderDeliveryQueue {
  readonly #root: string

  private constructor(root: string) {
    this.#root = root
  }

  static async open(root: string): Promise<FolderDeliveryQueue> {
    for (const place of ['waiting', 'done', 'dead']) await makeFolder(join(root, place))
    return new FolderDeliveryQueue(root)
  }

  /** Adds a delivery that is nowhere yet. @returns whether it was added */
  async add(message: DeliveryMessage): Promise<boolean> {
    if ((await exists(this.#done(message.key))) || (await exists(this.#dead(message.key)))) return false
    return this.#write(this.#waiting(message.key), message, { ifAbsent: true })
  }

  /** Keys of what waits, in no order. */
  async waiting(): Promise<string[]> {
    return keysIn(await readdir(join(this.#root, 'waiting')))
  }

  /**
   * What waits under a key; null when it is gone, has come to its end before a kill, or was torn by a power cut: the
   * results tell of it again.
   */
  async read(key: string): Promise<DeliveryMessage | null> {
    const file = this.#waiting(key)
    if ((await exists(this.#done(key))) || (await exists(this.#dead(key)))) {
      await rm(file, { force: true })
      return null
    }
    try {
      return deliveryMessage.parse(JSON.parse(await readFile(file, 'utf8')))
    } catch (error) {
      if (isOfSystem(error) && error.code !== 'ENOENT') throw error
      await rm(file, { force: true })
      return null
    }
  }

  /** Keeps what an attempt has changed. */
  async update(message: DeliveryMessage): Promise<void> {
    await this.#write(this.#waiting(message.key), message)
  }

  /**
   * Takes a delivery to its end. Flushed or not, what stands there is never sent again by itself. What was superseded was
   * never sent: it is forgotten, so that it is sent where its result comes to stand again.
   */
  async settle(message: DeliveryMessage, settlement: Settlement): Promise<void> {
    if (settlement.outcome !== 'superseded') await this.#write(this.#done(message.key), { ...message, ...settlement })
    await rm(this.#waiting(message.key), { force: true })
  }

  /** What came to its end, in one part of them; what cannot be read stays where it is. Range of `part`: 0–255. */
  async *settledIn(part: number): AsyncIterable<SettledDelivery> {
    const folder = join(this.#root, 'done', part.toString(16).padStart(2, '0'))
    const names = await readdir(folder).catch((error) => {
      if (isOfSystem(error) && error.code === 'ENOENT') return []
      throw error
    })
    for (const key of keysIn(names)) {
      let settled: SettledDelivery | null = null
      try {
        settled = settledMessage.parse(JSON.parse(await readFile(this.#done(key), 'utf8')))
      } catch (error) {
        if (isOfSystem(error) && error.code !== 'ENOENT') throw error
      }
      if (settled?.key === key) yield settled
    }
  }

  async setAside(message: DeliveryMessage, reason: string, now: Date): Promise<void> {
    const letter: DeadLetter = { ...message, reason, diedAt: now.toISOString() }
    await writeFileAtomically(this.#dead(message.key), `${JSON.stringify(letter)}\n`)
    await syncFolder(join(this.#root, 'dead'))
    await rm(this.#waiting(message.key), { force: true })
  }

  /** How many were given up. */
  async deadCount(): Promise<number> {
    return keysIn(await readdir(join(this.#root, 'dead'))).length
  }

  /** Oldest first; one that cannot be read is told by its key alone. */
  async deadLetters(): Promise<(DeadLetter | UnreadableLetter)[]> {
    const letters: (DeadLetter | UnreadableLetter)[] = []
    for (const key of keysIn(await readdir(join(this.#root, 'dead')))) {
      try {
        letters.push(deadLetter.parse(JSON.parse(await readFile(this.#dead(key), 'utf8'))))
      } catch (error) {
        if (!isOfSystem(error)) letters.push({ key, reason: 'unreadable-letter', diedAt: '' })
        else if (error.code !== 'ENOENT') throw error
      }
    }
    return letters.sort((a, b) => (a.diedAt < b.diedAt ? -1 : Number(a.diedAt > b.diedAt)))
  }

  /** Makes a delivery wait again as if it had never been tried, whatever had become of it. */
  async sendAgain(message: DeliveryMessage): Promise<void> {
    await this.#write(this.#waiting(message.key), message)
    await this.forget(message.key)
  }

  /** Removes what a delivery has come to. */
  async forget(key: string): Promise<void> {
    await rm(this.#done(key), { force: true })
    await rm(this.#dead(key), { force: true })
  }

  /** Removes that a delivery came to its end: asked for again, it would be made again. */
  async forgetSettled(key: string): Promise<void> {
    await rm(this.#done(key), { force: true })
  }

  /** Whole or not at all, and not flushed. */
  async #write(file: string, body: object, { ifAbsent = false } = {}): Promise<boolean> {
    const draft = join(this.#root, `.${randomUUID()}.draft`)
    try {
      await writeFile(draft, `${JSON.stringify(body)}\n`, { flag: 'wx' })
      if (ifAbsent) return await linkIfAbsent(draft, file)
      await rename(draft, file).catch(async (error) => {
        if (!isOfSystem(error) || error.code !== 'ENOENT') throw error
        await makeFolder(dirname(file))
        await rename(draft, file)
      })
      return true
    } finally {
      await rm(draft, { force: true })
    }
  }

  #waiting(key: string): string {
    return join(this.#root, 'waiting', `${key}.json`)
  }

  #done(key: string): string {
    return join(this.#root, 'done', key.slice(0, 2), `${key}.json`)
  }

  #dead(key: string): string {
    return join(this.#root, 'dead', `${key}.json`)
  }
}

const keysIn = (names: readonly string[]): string[] =>
  names.flatMap((name) => /^([0-9a-f]{32})\.json$/.exec(name)?.[1] ?? [])

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file)
    return true
  } catch (error) {
    if (isOfSystem(error) && error.code === 'ENOENT') return false
    throw error
  }
}

const isOfSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined
