import * as z from 'zod'
import { ObjectNotFoundError, type ObjectStore } from '../screening/kernel/ports.ts'
import { studyKeys } from '../screening/screening-job/study-keys.ts'

/** Of the worker's failure document, what a reader needs; fields are added to it. */
const failure = z.object({
  reason: z.string(),
  attempts: z.object({ failed: z.number(), endedAlone: z.number(), endedBeside: z.number() }),
  deliveries: z.number(),
  failedAt: z.string(),
})

export type Failure = z.infer<typeof failure>

/** Why the system last failed with an image; null when nothing tells. */
export async function readFailure(store: ObjectStore, tenant: string, imageId: string): Promise<Failure | null> {
  try {
    return failure.parse(JSON.parse(new TextDecoder().decode(await store.get(studyKeys.failure(tenant, imageId)))))
  } catch (error) {
    if (error instanceof ObjectNotFoundError || error instanceof SyntaxError || error instanceof z.ZodError) return null
    throw error
  }
}
