import { ProblemError } from '../request.ts'

/** Tries without success in between, before it is given up: four minutes. */
const maximumFailures = 12
const longestPauseMs = 30_000

/** Waits after failures that pass by themselves, longer each time. */
export class Patience {
  readonly #retryIn: (ms: number) => Promise<void>
  #failures = 0

  /** @param retryIn Resolves after so many milliseconds. */
  constructor(retryIn: (ms: number) => Promise<void>) {
    this.#retryIn = retryIn
  }

  /** Something has come through. */
  renew(): void {
    this.#failures = 0
  }

  /** Resolves when it may be tried again. @throws the error, where that is of no use any more */
  async waitAfter(error: unknown): Promise<void> {
    this.#failures++
    if (!isPassing(error) || this.#failures > maximumFailures) throw error
    await this.#retryIn(Math.min(1000 * 2 ** (this.#failures - 1), longestPauseMs))
  }
}

const passingStatuses = [404, 408, 429, 500, 502, 503, 504]
const passingCodes = ['broken-off', 'parts-missing']

/** No connection, a server that starts again, an upload that another browser cancelled. */
const isPassing = (error: unknown): boolean =>
  error instanceof ProblemError
    ? passingStatuses.includes(error.status) || (error.code !== undefined && passingCodes.includes(error.code))
    : error instanceof TypeError
