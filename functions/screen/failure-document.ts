import * as z from 'zod'
import { describeError } from '../../lib/adapters/aws/operational-log.ts'
import { TransientError } from '../../lib/screening/kernel/errors.ts'
import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'
import type { StudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { imageId, studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { lanes, tenantId } from '../../lib/screening/screening-job/tenant.ts'
import { type FailureReason, failureReasons, StudyFailure } from './study-failure.ts'

const count = z.number().int().nonnegative()

/** failures/<tenant>/<imageId>.json: what the dead letter of an image is about. No text of errors: it may quote data. */
export const failureDocument = z.strictObject({
  schemaVersion: z.literal(2),
  tenant: tenantId,
  imageId,
  lane: z.enum(lanes),
  reason: z.enum(failureReasons),
  /** Classes and codes of the error and its causes; null when nobody lived to see one. */
  cause: z.record(z.string(), z.unknown()).nullable(),
  /**
   * What earlier attempts came to. `endedAlone`: its worker ended, and nothing else was under way: the image is the
   * cause. `endedBeside`: its worker ended with others under way: any of them was.
   */
  attempts: z.strictObject({ failed: count, endedAlone: count, endedBeside: count }),
  /** How often the job had been delivered. */
  deliveries: z.number().int().positive(),
  failedAt: z.iso.datetime(),
})
export type FailureDocument = z.infer<typeof failureDocument>

export interface Failure extends Pick<FailureDocument, 'attempts' | 'deliveries'> {
  readonly reason: FailureReason
  /** Null: nobody has seen one. */
  readonly error: unknown
  readonly at: Date
}

/** @param options.ifAbsent Keeps what an earlier delivery found: it says more. */
export async function writeFailure(
  store: ObjectStore,
  { tenant, imageId, lane }: StudyJob,
  { reason, error, attempts, deliveries, at }: Failure,
  options: { ifAbsent?: boolean } = {},
): Promise<void> {
  const failure: FailureDocument = {
    schemaVersion: 2,
    tenant,
    imageId,
    lane,
    reason,
    cause: error === null ? null : describeError(error),
    attempts,
    deliveries,
    failedAt: at.toISOString(),
  }
  const body = new TextEncoder().encode(`${JSON.stringify(failure, null, 2)}\n`)
  await store.put(studyKeys.failure(tenant, imageId), body, { ...options, contentType: 'application/json' })
}

export function reasonOf(error: unknown): FailureReason {
  if (error instanceof StudyFailure) return error.reason
  return error instanceof TransientError ? 'unavailable' : 'defect'
}
