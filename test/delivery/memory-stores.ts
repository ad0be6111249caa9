import type { Settlement } from '../../lib/adapters/embedded/folder-delivery-queue.ts'
import type { DeadLetter, DeliveryMessage } from '../../lib/delivery/delivery-message.ts'
import { ObjectNotFoundError, type ObjectStore } from '../../lib/screening/kernel/ports.ts'

/* Queue and objects without a disk, which has a time of its own: with them, a test can let days pass. */

export class MemoryDeliveryQueue {
  readonly messages = new Map<string, DeliveryMessage>()
  readonly settled = new Map<string, Settlement>()
  readonly dead = new Map<string, DeadLetter>()

  add(message: DeliveryMessage): boolean {
    if ([this.messages, this.settled, this.dead].some((place) => place.has(message.key))) return false
    this.messages.set(message.key, message)
    return true
  }

  async waiting(): Promise<string[]> {
    return [...this.messages.keys()]
  }

  async read(key: string): Promise<DeliveryMessage | null> {
    return this.messages.get(key) ?? null
  }

  async update(message: DeliveryMessage): Promise<void> {
    this.messages.set(message.key, message)
  }

  async settle(message: DeliveryMessage, settlement: Settlement): Promise<void> {
    this.settled.set(message.key, settlement)
    this.messages.delete(message.key)
  }

  async setAside(message: DeliveryMessage, reason: string, now: Date): Promise<void> {
    this.dead.set(message.key, { ...message, reason, diedAt: now.toISOString() })
    this.messages.delete(message.key)
  }
}

export class MemoryObjectStore implements ObjectStore {
  readonly #objects = new Map<string, Uint8Array>()

  async get(key: string): Promise<Uint8Array> {
    const body = this.#objects.get(key)
    if (!body) throw new ObjectNotFoundError(key)
    return body
  }

  async put(key: string, body: Uint8Array): Promise<boolean> {
    this.#objects.set(key, body)
    return true
  }

  async exists(key: string): Promise<boolean> {
    return this.#objects.has(key)
  }

  async delete(key: string): Promise<void> {
    this.#objects.delete(key)
  }

  async *list(prefix: string): AsyncIterable<string> {
    yield* [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort()
  }
}
