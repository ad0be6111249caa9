import * as z from 'zod'
import type { RejectionCode } from '../../lib/screening/kernel/errors.ts'
import { type Clock, ObjectNotFoundError, type ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { monthOf, type Preparation, studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import type { Tenant } from '../../lib/screening/screening-job/tenant.ts'

/** How long a count holds. What comes in meanwhile through other instances is not seen. Unit: ms. */
const countHoldsMs = 60_000

interface Count {
  readonly at: number
  images: number
}

const admission = z.strictObject({
  schemaVersion: z.literal(1),
  /** The upload that brought the image. */
  uploadId: z.string(),
  preparation: z.string(),
  /** Unit: ms since the Unix epoch. */
  at: z.number().int().nonnegative(),
})

/** Which upload brought an image this month, and when. */
export type Brought = Omit<z.infer<typeof admission>, 'schemaVersion'>

/** Counts admitted images against each tenant's quota and budget: one object per image and month. */
export class Admissions {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #counts = new Map<string, Count>()

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Admits an image, or says which limit is reached. An image that was admitted this month stays admitted. */
  async admit(
    tenant: Tenant,
    { imageId, preparation }: Omit<Preparation, 'tenant'>,
    uploadId: string,
  ): Promise<Extract<RejectionCode, 'quota-exceeded' | 'budget-stop'> | null> {
    const month = monthOf(this.#clock.now())
    const key = studyKeys.admission(tenant.id, month, imageId)
    const quota = tenant.monthlyQuotaImages ?? Number.POSITIVE_INFINITY
    const budget = tenant.monthlyBudgetUsd ?? Number.POSITIVE_INFINITY
    const limited = quota < Number.POSITIVE_INFINITY || budget < Number.POSITIVE_INFINITY
    const count = limited ? await this.#count(tenant.id, month) : { at: 0, images: 0 }
    const beyondQuota = count.images + 1 > quota
    const beyondBudget = (count.images + 1) * tenant.estimatedCostUsdPerImage > budget
    if ((beyondQuota || beyondBudget) && !(await this.#store.exists(key))) {
      return beyondQuota ? 'quota-exceeded' : 'budget-stop'
    }
    const body = JSON.stringify({ schemaVersion: 1, uploadId, preparation, at: this.#clock.now() } satisfies z.infer<
      typeof admission
    >)
    if (await this.#store.put(key, new TextEncoder().encode(body), { ifAbsent: true })) count.images++
    return null
  }

  /** @returns null when the image was not admitted this month */
  async whoBrought({ id }: Tenant, imageId: string): Promise<Brought | null> {
    try {
      const object = await this.#store.get(studyKeys.admission(id, monthOf(this.#clock.now()), imageId))
      // One of a release before this one names no upload.
      if (object.byteLength === 0) return null
      return admission.parse(JSON.parse(new TextDecoder().decode(object)))
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return null
      throw error
    }
  }

  async #count(tenant: string, month: string): Promise<Count> {
    const prefix = studyKeys.admissions(tenant, month)
    const known = this.#counts.get(prefix)
    if (known && this.#clock.now() - known.at < countHoldsMs) return known
    const count = { at: this.#clock.now(), images: 0 }
    for await (const _ of this.#store.list(prefix)) count.images++
    this.#counts.set(prefix, count)
    return count
  }
}
