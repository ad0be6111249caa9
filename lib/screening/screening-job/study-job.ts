import * as z from 'zod'
import { imageId, preparation } from './study-keys.ts'
import { lanes, tenantId } from './tenant.ts'

const studyJob = z.strictObject({
  schemaVersion: z.literal(2),
  tenant: tenantId,
  imageId,
  /** Which prepared image of this source: another version of preprocessing, or another policy, makes another one. */
  preparation,
  lane: z.enum(lanes),
  /** When the image was queued. Unit: ms since the Unix epoch. */
  enqueuedAt: z.number().int().nonnegative(),
})

/** A message of a lane in the cloud: pointers only, no pixels, no patient data, nothing of the sender's key. */
export type StudyJob = z.infer<typeof studyJob>

export const buildStudyJob = (job: Omit<StudyJob, 'schemaVersion'>): string =>
  JSON.stringify({ schemaVersion: 2, ...job } satisfies StudyJob)

/** @throws {Error} when the message is none of ours: a defect, it ends as a dead letter */
export function parseStudyJob(body: string): StudyJob {
  return studyJob.parse(JSON.parse(body))
}
