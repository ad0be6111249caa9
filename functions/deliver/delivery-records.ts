import * as z from 'zod'
import { type DeliveryMessage, deliveryMessage } from '../../lib/delivery/delivery-message.ts'
import { ObjectNotFoundError, type ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'

const settlement = z.strictObject({
  outcome: z.enum(['delivered', 'nothing-to-send']),
  /** Why there was nothing to send; null otherwise. */
  code: z.string().nullable(),
  at: z.iso.datetime(),
})

const deliveryRecord = deliveryMessage.extend({ settled: settlement.nullable() })
const lastTaken = z.object({ at: z.iso.datetime() })

export type Settlement = z.infer<typeof settlement>
export type DeliveryRecord = z.infer<typeof deliveryRecord>

/**
 * What the deliveries to one target have come to, an object each, under the idempotency key: the attempts of one that waits,
 * which a message of SQS cannot hold, and the end of one that was made, by which an event that comes again is known.
 */
export class DeliveryRecords {
  readonly #store: ObjectStore
  readonly #tenant: string
  readonly #target: string

  constructor(store: ObjectStore, tenant: string, target: string) {
    this.#store = store
    this.#tenant = tenant
    this.#target = target
  }

  /** Null where there is none, or one that cannot be read: it counts as never tried. */
  async read(key: string): Promise<DeliveryRecord | null> {
    const parsed = deliveryRecord.safeParse(await this.#get(this.#keyOf(key)))
    return parsed.success ? parsed.data : null
  }

  async keepWaiting(message: DeliveryMessage): Promise<void> {
    await this.#put(this.#keyOf(message.key), { ...message, settled: null } satisfies DeliveryRecord)
  }

  async settle(message: DeliveryMessage, settled: Settlement): Promise<void> {
    await this.#put(this.#keyOf(message.key), { ...message, settled } satisfies DeliveryRecord)
  }

  /** A delivery that was given up begins anew when its dead letter is sent back, or its event comes again. */
  async forget(key: string): Promise<void> {
    await this.#store.delete(this.#keyOf(key))
  }

  async noteTaken(at: string): Promise<void> {
    await this.#put(studyKeys.lastTaken(this.#tenant, this.#target), { at })
  }

  /** When the target last took a delivery; null when it never did. Unit: ms since the Unix epoch. */
  async lastTakenMs(): Promise<number | null> {
    const parsed = lastTaken.safeParse(await this.#get(studyKeys.lastTaken(this.#tenant, this.#target)))
    return parsed.success ? Date.parse(parsed.data.at) : null
  }

  #keyOf(key: string): string {
    return studyKeys.delivery(this.#tenant, this.#target, key)
  }

  async #get(key: string): Promise<unknown> {
    try {
      return JSON.parse(new TextDecoder().decode(await this.#store.get(key)))
    } catch (error) {
      if (error instanceof ObjectNotFoundError || error instanceof SyntaxError) return null
      throw error
    }
  }

  async #put(key: string, body: object): Promise<void> {
    await this.#store.put(key, new TextEncoder().encode(`${JSON.stringify(body)}\n`), {
      contentType: 'application/json',
    })
  }
}
