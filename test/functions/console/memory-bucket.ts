import type { DatedStore } from '../../../functions/console/tenant-store.ts'
import type { DatedKey } from '../../../lib/adapters/aws/s3-object-store.ts'
import { type Clock, ObjectNotFoundError } from '../../../lib/screening/kernel/ports.ts'

/** A bucket in memory that notes which keys and prefixes it was asked for. */
export class MemoryBucket implements DatedStore {
  readonly asked: string[] = []
  readonly #clock: Clock
  readonly #objects = new Map<string, { body: Uint8Array; modifiedAt: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async get(key: string): Promise<Uint8Array> {
    this.asked.push(key)
    const found = this.#objects.get(key)
    if (!found) throw new ObjectNotFoundError(key)
    return found.body
  }

  async put(key: string, body: Uint8Array, { ifAbsent = false } = {}): Promise<boolean> {
    this.asked.push(key)
    if (ifAbsent && this.#objects.has(key)) return false
    // S3 tells whole seconds.
    this.#objects.set(key, { body, modifiedAt: Math.floor(this.#clock.now() / 1000) * 1000 })
    return true
  }

  async exists(key: string): Promise<boolean> {
    this.asked.push(key)
    return this.#objects.has(key)
  }

  async *listDated(prefix: string): AsyncIterable<DatedKey> {
    this.asked.push(prefix)
    for (const [key, { modifiedAt }] of [...this.#objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (key.startsWith(prefix)) yield { key, modifiedAt }
    }
  }

  delete(key: string): void {
    this.#objects.delete(key)
  }

  keys(prefix = ''): string[] {
    return [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort()
  }

  text(key: string): string {
    return new TextDecoder().decode(this.#objects.get(key)!.body)
  }
}
