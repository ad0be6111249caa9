/**
 * Splits the time of a worker among the images it works on side by side: each takes what passed since the one before
 * it was finished, or since it was begun itself. The shares of all images add up to the time in which any was under way.
 * Unit: milliseconds.
 */
export class MachineTime {
  #finishedAt = Number.NEGATIVE_INFINITY
  #coldStartMs: number | null

  /** @param coldStartMs From the start of the process to its readiness; the first image carries it. */
  constructor(coldStartMs: number) {
    this.#coldStartMs = coldStartMs
  }

  /** The timings of an image that is finished now. Only the first one of a worker has `coldStart`. */
  attribute(startedAt: number, now: number): { machine: number; coldStart?: number } {
    const machine = now - Math.max(startedAt, this.#finishedAt)
    this.#finishedAt = now
    const coldStart = this.#coldStartMs
    this.#coldStartMs = null
    return coldStart === null ? { machine } : { machine, coldStart }
  }
}
