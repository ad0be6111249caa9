import * as z from 'zod'
import { describeError } from '../../lib/adapters/aws/operational-log.ts'
import { TransientError } from '../../lib/screening/kernel/errors.ts'
import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'
import type { StudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { imageId, studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { lanes, tenantId } from '../../lib/screening/screening-job/tenant.ts'
import { type FailureReason, StudyFailure } from './study-failure.ts'

/** failures/<tenant>/<imageId>.json: what the dead letter of an image is about. No text of errors: it may quote data. */
export const failureDocument = z.strictObject({
  schemaVersion: z.literal(1),
  tenant: tenantId,
  imageId,
  lane: z.enum(lanes),
  reason: z.string(),
  /** Classes and codes of the error and its causes; null when nobody lived to see one. */
  cause: z.record(z.string(), z.unknown()).nullable(),
  /** How often the job had been delivered. */
  deliveries: z.number().int().positive(),
  failedAt: z.iso.datetime(),
})
export type FailureDocument = z.infer<typeof failureDocument>

/** @param error Null: nothing has failed yet, but should this delivery end without a word, nobody else would tell. */
export async function writeFailure(
  store: ObjectStore,
  job: StudyJob,
  error: unknown,
  { deliveries, at }: { deliveries: number; at: Date },
): Promise<void> {
  const failure: FailureDocument = {
    schemaVersion: 1,
    tenant: job.tenant,
    imageId: job.imageId,
    lane: job.lane,
    reason: error === null ? 'worker-ended' : reasonOf(error),
    cause: error === null ? null : describeError(error),
    deliveries,
    failedAt: at.toISOString(),
  }
  const body = new TextEncoder().encode(`${JSON.stringify(failure, null, 2)}\n`)
  // A reason that an earlier delivery found says more than that this one may end.
  await store.put(studyKeys.failure(job.tenant, job.imageId), body, {
    ifAbsent: error === null,
    contentType: 'application/json',
  })
}

export function reasonOf(error: unknown): FailureReason {
  if (error instanceof StudyFailure) return error.reason
  return error instanceof TransientError ? 'unavailable' : 'defect'
}
