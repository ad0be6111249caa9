import * as z from 'zod'
import type { StudyEvent } from '../../screening/kernel/ports.ts'
import type { ResultDocument } from '../../screening/result-documents/result-document.ts'
import { studyEvent } from '../../screening/result-documents/study-event.ts'

/** What a webhook is told: the event of the cloud, in the envelope of Standard Webhooks. */
export const webhookBody = z.strictObject({
  type: z.enum(['finding.ready', 'study.not_analysed']),
  timestamp: z.iso.datetime().describe('When the image was analysed'),
  data: studyEvent,
})

export type WebhookBody = z.infer<typeof webhookBody>

/** The same result is always the same body. `resultKey` is relative to the output folder; one machine has one lane. */
export function buildWebhookBody(tenant: string, result: ResultDocument): WebhookBody {
  const { imageId, outcome, discordant, reason, analysedAt } = result
  const data: StudyEvent = {
    schemaVersion: 1,
    tenant,
    imageId,
    outcome,
    discordant,
    reason: reason?.code ?? null,
    lane: 'routine',
    resultKey: `${imageId}/result.json`,
  }
  return { type: outcome === 'not-analysed' ? 'study.not_analysed' : 'finding.ready', timestamp: analysedAt, data }
}
