import * as z from 'zod'
import { studyEvent } from '../screening/result-documents/study-event.ts'

/** Why a delivery was given up. Codes and identifiers alone. */
const givenUp = z.object({
  target: z.string(),
  reason: z.string(),
  /** Null where it was given up before its result was read. */
  key: z.string().nullable(),
  attempts: z.number().int().nonnegative(),
  lastFailure: z.string().nullable(),
  at: z.iso.datetime(),
})

/**
 * A message of a target's queue: the event of the bus as EventBridge sends it, or a dead letter that was sent back, which
 * is the same event with the reason for which it was given up. Fields that a later version adds are passed over.
 */
const cloudMessage = z.object({
  /** When the event was sent. */
  time: z.iso.datetime(),
  detail: z.object(studyEvent.shape),
  givenUp: givenUp.optional(),
})

export type CloudMessage = z.infer<typeof cloudMessage>
export type StudyEventDetail = CloudMessage['detail']
export type GivenUp = z.infer<typeof givenUp>

/** Null for what no program of ours sends. */
export function parseCloudMessage(body: string): CloudMessage | null {
  try {
    return cloudMessage.parse(JSON.parse(body))
  } catch {
    return null
  }
}

export const buildDeadLetter = ({ time, detail }: CloudMessage, reason: GivenUp): string =>
  JSON.stringify({ time, detail, givenUp: reason } satisfies CloudMessage)
