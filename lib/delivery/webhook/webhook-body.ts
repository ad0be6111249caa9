import * as z from 'zod'
import { studyEvent } from '../../screening/result-documents/study-event.ts'
import { eventOf } from '../event-of.ts'
import type { Delivery } from '../sender.ts'

/** What a webhook is told: the event of the cloud, in the envelope of Standard Webhooks. */
export const webhookBody = z.strictObject({
  type: z.enum(['finding.ready', 'study.not_analysed']),
  timestamp: z.iso.datetime().describe('When the image was analysed'),
  data: studyEvent,
})

export type WebhookBody = z.infer<typeof webhookBody>

/** The same delivery is always the same body, but for what its study says by then. */
export function buildWebhookBody(delivery: Omit<Delivery, 'key' | 'documents'>): WebhookBody {
  const { outcome, analysedAt } = delivery.result
  return {
    type: outcome === 'not-analysed' ? 'study.not_analysed' : 'finding.ready',
    timestamp: analysedAt,
    data: eventOf(delivery),
  }
}
