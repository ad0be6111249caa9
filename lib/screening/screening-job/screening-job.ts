import * as z from 'zod'

const screeningJob = z.strictObject({
  schemaVersion: z.literal(1),
  /** Where the upload lies: a path, or a key of the object store. */
  source: z.string().min(1),
  /** Changes when the file does: its size and the time of its last change. */
  version: z.string().min(1),
})

/** A message of the queue on one machine, from the watched folder to the screener: pointers only, no pixels. */
export type ScreeningJob = z.infer<typeof screeningJob>

export const buildScreeningJob = (source: string, version: string): string =>
  JSON.stringify({ schemaVersion: 1, source, version } satisfies ScreeningJob)

/** @throws {Error} when the message is none of ours: a defect, it ends as a dead letter */
export function parseScreeningJob(body: string): ScreeningJob {
  return screeningJob.parse(JSON.parse(body))
}
