import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { type AuditAction, auditActions } from '../../lib/console/api/route-access.ts'
import type { Clock, ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { imageId, studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { tenantId } from '../../lib/screening/screening-job/tenant.ts'
import type { Identity } from './identity.ts'

/** Who saw or did what, and when. Nothing of the patient, no name of a file. */
export const auditRecord = z.strictObject({
  schemaVersion: z.literal(1),
  at: z.iso.datetime(),
  tenant: tenantId,
  /** The issuer's identifier of the person. */
  subject: z.string(),
  action: z.enum(auditActions),
  /** Null: of all images. */
  imageId: imageId.nullable(),
  /** Whose drawn mask it was; null otherwise. */
  reviewId: z.uuid().nullable(),
})

/** One object a record: they can be added, and by the console's role neither read, replaced nor deleted. */
export class AuditTrail {
  readonly #store: Pick<ObjectStore, 'put'>
  readonly #clock: Clock

  constructor(store: Pick<ObjectStore, 'put'>, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Resolves when the record stands. @throws {Error} when it does not: then nothing may be shown */
  async record(
    { tenant, subject }: Identity,
    action: AuditAction,
    about: { readonly imageId: string | null; readonly reviewId: string | null },
  ): Promise<void> {
    const at = new Date(this.#clock.now()).toISOString()
    const record: z.input<typeof auditRecord> = { schemaVersion: 1, at, tenant, subject, action, ...about }
    const key = studyKeys.audit(tenant, at.slice(0, 10), `${at.slice(11).replaceAll(':', '')}-${randomUUID()}`)
    const body = new TextEncoder().encode(`${JSON.stringify(record)}\n`)
    const isWritten = await this.#store.put(key, body, { ifAbsent: true, contentType: 'application/json' })
    if (!isWritten) throw new Error('an audit record of this name stands already')
  }
}
