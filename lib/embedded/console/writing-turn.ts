import { setTimeout as sleep } from 'node:timers/promises'
import { FolderInUseError } from '../output-lock.ts'

/** How often a folder is asked for that another program holds. Unit: ms. */
const retryMs = 500

/** Something that one program has at a time. */
export interface Held<T> {
  readonly value: T
  giveBack(): Promise<void>
}

/**
 * Takes the output folder while there is something to be written, and gives it back when there is nothing: other programs
 * may write to it in between. Works that overlap share one turn.
 */
export class WritingTurn<T> {
  readonly #take: () => Promise<Held<T>>
  readonly #signal: AbortSignal
  #held: Promise<Held<T>> | null = null
  #works = 0

  /**
   * @param take Throws {FolderInUseError} while another program has it
   * @param signal Ends the waiting
   */
  constructor(take: () => Promise<Held<T>>, signal: AbortSignal) {
    this.#take = take
    this.#signal = signal
  }

  /** @returns what the work returns; null when the wait for the folder was ended before it began */
  async write<R>(work: (value: T) => Promise<R>): Promise<R | null> {
    this.#works++
    this.#held ??= this.#waitForIt()
    const held = this.#held
    try {
      return await work((await held).value)
    } catch (error) {
      if (error instanceof WaitEndedError) return null
      throw error
    } finally {
      this.#works--
      if (this.#works === 0) {
        this.#held = null
        // The next turn begins when this one is given back: a lock of our own would be somebody else's.
        this.#given = held.then(
          (one) => one.giveBack(),
          () => {},
        )
        await this.#given
      }
    }
  }

  #given: Promise<void> = Promise.resolve()

  async #waitForIt(): Promise<Held<T>> {
    await this.#given
    for (;;) {
      try {
        return await this.#take()
      } catch (error) {
        if (!(error instanceof FolderInUseError)) throw error
        if (this.#signal.aborted) throw new WaitEndedError()
      }
      await sleep(retryMs)
    }
  }
}

class WaitEndedError extends Error {
  override readonly name = 'WaitEndedError'
}
