import { sha256Hex } from '../../screening/kernel/identifiers.ts'

/** Draws the same items from a stream whatever its order: those whose digest with the seed is smallest. */
export class SampleDrawer<T> {
  readonly #size: number
  readonly #seed: number
  #drawn: { digest: string; item: T }[] = []

  constructor(size: number, seed: number) {
    this.#size = size
    this.#seed = seed
  }

  offer(name: string, item: T): void {
    const digest = sha256Hex(`${this.#seed} ${name}`)
    const last = this.#drawn[this.#size - 1]
    if (this.#size === 0 || (last && digest >= last.digest)) return
    this.#drawn = [...this.#drawn, { digest, item }].sort((a, b) => (a.digest < b.digest ? -1 : 1)).slice(0, this.#size)
  }

  drawn(): T[] {
    return this.#drawn.map(({ item }) => item)
  }
}
