import { randomUUID } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, JobQueue, ReceivedJob } from '../../screening/kernel/ports.ts'
import { makeFolder } from './make-folder.ts'
import { writeFileAtomically } from './write-file-atomically.ts'

/** How often an empty queue is looked at while waiting. Unit: ms. */
const pollMs = 50

export interface FolderJobQueueOptions {
  /** After this many deliveries without acknowledgement a message is a dead letter. */
  readonly maximumReceives: number
  readonly clock: Clock
}

/**
 * A durable queue in a folder, for one machine: a message is a file, a step of its life is a rename, so that any
 * number of processes may take from it and a kill at any point loses nothing.
 *
 *   ready/<order>~<receives>~<id>      waits
 *   taken/<order>~<receives>~<id>      delivered; becomes ready again at the file's modification time
 *   dead/<order>~<receives>~<id>       set aside, or delivered too often
 */
export class FolderJobQueue implements JobQueue {
  readonly #root: string
  readonly #options: FolderJobQueueOptions
  #order = 0

  constructor(root: string, options: FolderJobQueueOptions) {
    this.#root = root
    this.#options = options
  }

  async send(body: string): Promise<void> {
    const order = `${String(this.#options.clock.now()).padStart(15, '0')}${String(this.#order++).padStart(6, '0')}`
    await writeFileAtomically(this.#file('ready', nameOf(order, 0, randomUUID())), body)
  }

  async receive(maximum: number, { visibilityMs, waitMs }: { visibilityMs: number; waitMs: number }) {
    const deadline = this.#options.clock.monotonic() + waitMs
    for (;;) {
      await this.#returnExpired()
      const jobs = await this.#take(maximum, visibilityMs)
      const left = deadline - this.#options.clock.monotonic()
      if (jobs.length > 0 || left <= 0) return jobs
      await new Promise((resolve) => setTimeout(resolve, Math.min(pollMs, left)))
    }
  }

  async acknowledge(receipt: string): Promise<void> {
    await rm(this.#file('taken', receipt), { force: true })
  }

  async extend(receipt: string, visibilityMs: number): Promise<void> {
    const file = this.#file('taken', receipt)
    if (visibilityMs === 0) await moveUnlessGone(file, this.#file('ready', receipt))
    else await this.#showAgainIn(file, visibilityMs).catch(ignoreGone)
  }

  async setAside({ receipt }: ReceivedJob): Promise<void> {
    await moveUnlessGone(this.#file('taken', receipt), this.#file('dead', receipt))
  }

  async depth(): Promise<number> {
    return (await this.#names('ready')).length + (await this.#names('taken')).length
  }

  /** Bodies of the dead letters. */
  deadLetters(): Promise<string[]> {
    return this.#bodies('dead')
  }

  /** Bodies of the messages that wait, in the order in which they came. */
  waiting(): Promise<string[]> {
    return this.#bodies('ready')
  }

  /**
   * Takes back every delivery, as if it had not been made. Only for a process that knows itself to be the only taker
   * and the former one to have been killed: the end of a taker is not held against its messages.
   */
  async undoDeliveries(): Promise<void> {
    for (const name of await this.#names('taken')) {
      const { order, receives, id } = partsOf(name)
      await moveUnlessGone(this.#file('taken', name), this.#file('ready', nameOf(order, receives - 1, id)))
    }
  }

  /** Makes every dead letter wait again, as if it had never been delivered. */
  async redrive(): Promise<void> {
    for (const name of await this.#names('dead')) {
      const { order, id } = partsOf(name)
      await moveUnlessGone(this.#file('dead', name), this.#file('ready', nameOf(order, 0, id)))
    }
  }

  async #take(maximum: number, visibilityMs: number): Promise<ReceivedJob[]> {
    const jobs: ReceivedJob[] = []
    for (const name of await this.#names('ready')) {
      if (jobs.length === maximum) break
      const { order, receives, id } = partsOf(name)
      const ready = this.#file('ready', name)
      if (receives >= this.#options.maximumReceives) {
        await moveUnlessGone(ready, this.#file('dead', name))
        continue
      }
      const receipt = nameOf(order, receives + 1, id)
      const taken = this.#file('taken', receipt)
      // The time comes before the rename, so that nobody sees a taken message that has already expired.
      const mine =
        (await this.#showAgainIn(ready, visibilityMs).then(() => true, ignoreGone)) &&
        (await moveUnlessGone(ready, taken))
      if (mine) jobs.push({ messageId: id, body: await readFile(taken, 'utf8'), receipt, receiveCount: receives + 1 })
    }
    return jobs
  }

  async #returnExpired(): Promise<void> {
    const now = this.#options.clock.now()
    for (const name of await this.#names('taken')) {
      const file = this.#file('taken', name)
      const entry = await stat(file).catch(ignoreGone)
      if (entry && entry.mtimeMs <= now) await moveUnlessGone(file, this.#file('ready', name))
    }
  }

  async #showAgainIn(file: string, visibilityMs: number): Promise<void> {
    const at = new Date(this.#options.clock.now() + visibilityMs)
    await utimes(file, at, at)
  }

  async #bodies(folder: string): Promise<string[]> {
    const bodies: string[] = []
    for (const name of await this.#names(folder)) bodies.push(await readFile(this.#file(folder, name), 'utf8'))
    return bodies
  }

  async #names(folder: string): Promise<string[]> {
    for (const state of states) await makeFolder(join(this.#root, state))
    return (await readdir(join(this.#root, folder))).filter((name) => !name.startsWith('.')).sort()
  }

  #file(folder: string, name: string): string {
    return join(this.#root, folder, name)
  }
}

const states = ['ready', 'taken', 'dead']

const nameOf = (order: string, receives: number, id: string): string => `${order}~${receives}~${id}`

function partsOf(name: string): { order: string; receives: number; id: string } {
  const [order, receives, id] = name.split('~')
  return { order, receives: Number(receives), id }
}

async function moveUnlessGone(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    return ignoreGone(error)
  }
}

function ignoreGone(error: unknown): false {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
  throw error
}
