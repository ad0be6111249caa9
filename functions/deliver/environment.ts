import * as z from 'zod'
import { tenantId } from '../../lib/screening/screening-job/tenant.ts'

/** What the delivering Lambda of one target is told. Infrastructure writes it with `satisfies DeliverEnvironment`. */
export const deliverEnvironment = z.object({
  STUDY_BUCKET: z.string().min(1),
  TENANT: tenantId,
  /** The target's name. */
  TARGET: z.string().min(1),
  /** Names of the SSM parameters with the settings of the tenant and of the target, JSON. */
  TENANT_PARAMETER: z.string().startsWith('/'),
  TARGET_PARAMETER: z.string().startsWith('/'),
  QUEUE_URL: z.url(),
  DEAD_LETTER_URL: z.url(),
})

export type DeliverEnvironment = z.input<typeof deliverEnvironment>
