interface Guest {
  readonly alone: boolean
  readonly enter: () => void
}

/** Lets images compute in a worker: many beside each other, or one alone. First come, first served. */
export class Company {
  #inside = 0
  #isAlone = false
  readonly #waiting: Guest[] = []

  /** Waits for a place. @returns leaves it again */
  async enter(alone: boolean): Promise<() => void> {
    await new Promise<void>((enter) => {
      this.#waiting.push({ alone, enter })
      this.#admit()
    })
    return () => {
      this.#inside--
      this.#isAlone = false
      this.#admit()
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#isAlone || (next.alone && this.#inside > 0)) return
      this.#waiting.shift()
      this.#inside++
      this.#isAlone = next.alone
      next.enter()
    }
  }
}
