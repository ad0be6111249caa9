import type { FrameRefusal, Frames } from '../../lib/console/api/console-ports.ts'
import { type FrameReader, isRefusal } from '../../lib/console/api/frame-reader.ts'
import { littleEndian } from '../../lib/console/api/study-routes.ts'
import { type FrameFacts, type FrameGrant, frameFacts } from '../../lib/console/contract/frame.ts'
import type { Clock } from '../../lib/screening/kernel/ports.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import type { TenantStore } from './tenant-store.ts'

/** How long the address of a picture holds. Unit: seconds. */
export const frameGrantSeconds = 60

/**
 * Pictures that lie in the bucket for a day, decoded when they are first asked for: a Lambda answers with 6 MB at most, and
 * a frame takes 18 MB and more.
 */
export class StoredFrames implements Frames {
  readonly #reader: FrameReader
  readonly #store: TenantStore
  readonly #tenant: string
  readonly #digits: string
  readonly #clock: Clock
  readonly #signGet: (key: string, seconds: number) => Promise<string>

  /** @param digits Of what decides how a picture is decoded: another release decodes anew. */
  constructor(
    reader: FrameReader,
    store: TenantStore,
    tenant: string,
    digits: string,
    clock: Clock,
    signGet: (key: string, seconds: number) => Promise<string>,
  ) {
    this.#reader = reader
    this.#store = store
    this.#tenant = tenant
    this.#digits = digits
    this.#clock = clock
    this.#signGet = signGet
  }

  async facts(studyId: string): Promise<FrameFacts | FrameRefusal> {
    const refusal = await this.#reader.refuse(studyId)
    if (refusal) return refusal
    const stem = this.#stemOf(studyId)
    if (await this.#store.exists(`${stem}.json`)) {
      return frameFacts.parse(JSON.parse(new TextDecoder().decode(await this.#store.get(`${stem}.json`))))
    }
    const frame = await this.#reader.read(studyId)
    if (isRefusal(frame)) return frame
    // The facts come last: where they stand, the samples do.
    await this.#store.put(`${stem}.raw`, littleEndian(frame.samples))
    await this.#store.put(`${stem}.json`, new TextEncoder().encode(JSON.stringify(frame.facts)), {
      contentType: 'application/json',
    })
    return frame.facts
  }

  async samples(studyId: string): Promise<FrameGrant | FrameRefusal> {
    const facts = await this.facts(studyId)
    if (isRefusal(facts)) return facts
    const expiresAt = new Date(this.#clock.now() + frameGrantSeconds * 1000).toISOString()
    const key = this.#store.own(`${this.#stemOf(studyId)}.raw`)
    return { href: await this.#signGet(key, frameGrantSeconds), expiresAt }
  }

  #stemOf(studyId: string): string {
    return studyKeys.frame(this.#tenant, studyId, this.#digits)
  }
}
