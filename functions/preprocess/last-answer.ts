import * as z from 'zod'
import { ObjectNotFoundError, type ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { type Preparation, studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { type Lane, lanes } from '../../lib/screening/screening-job/tenant.ts'

/** How long an answer stands for other uploads of the same bytes: no second job, no second try. Unit: ms. */
const standsMs = 3_600_000

const lastAnswer = z.strictObject({
  schemaVersion: z.literal(1),
  /** The result that it leads to. */
  resultKey: z.string(),
  /** In which lane the job was sent; null: tried, and rejected. */
  lane: z.enum(lanes).nullable(),
  /** Unit: ms since the Unix epoch. */
  at: z.number().int().nonnegative(),
})

export interface Answer {
  readonly resultKey: string
  readonly lane: Lane | null
}

/** Whether the same was done for another upload of the image within the hour; what is in the stat lane is in both. */
export async function stands(store: ObjectStore, at: Preparation, answer: Answer, now: number): Promise<boolean> {
  const last = await readLastAnswer(store, at)
  if (last === null) return false
  const sameLane = last.lane === answer.lane || (last.lane === 'stat' && answer.lane === 'routine')
  return sameLane && last.resultKey === answer.resultKey && now - last.at < standsMs
}

/** @returns null when no upload of the image was answered yet */
export async function readLastAnswer(store: ObjectStore, at: Preparation): Promise<z.infer<typeof lastAnswer> | null> {
  try {
    return lastAnswer.parse(JSON.parse(new TextDecoder().decode(await store.get(studyKeys.lastAnswer(at)))))
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}

/** Written after what it records: a function that ends in between does the work again. */
export async function rememberAnswer(store: ObjectStore, at: Preparation, answer: Answer, now: number): Promise<void> {
  const body = JSON.stringify({ schemaVersion: 1, ...answer, at: now })
  await store.put(studyKeys.lastAnswer(at), new TextEncoder().encode(body), { contentType: 'application/json' })
}
