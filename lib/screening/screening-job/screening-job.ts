import * as z from 'zod'

const screeningJob = z.strictObject({
  schemaVersion: z.literal(1),
  /** Where the upload lies: a path, or a key of the object store. */
  source: z.string().min(1),
  /** Tells one version of the upload from the next: size and time of the last change. */
  version: z.string().min(1),
})

/** What a queue carries of a study: pointers only, no pixels, no patient data. */
export type ScreeningJob = z.infer<typeof screeningJob>

export const buildScreeningJob = (source: string, version: string): string =>
  JSON.stringify({ schemaVersion: 1, source, version } satisfies ScreeningJob)

/** @throws {Error} when the message is none of ours: a defect, it ends as a dead letter */
export function parseScreeningJob(body: string): ScreeningJob {
  return screeningJob.parse(JSON.parse(body))
}
