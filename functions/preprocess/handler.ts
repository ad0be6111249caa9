import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { describeError } from '../../lib/adapters/aws/operational-log.ts'
import { admitUpload, type PreprocessParts } from './admit-upload.ts'
import { parseNotifications } from './parse-notifications.ts'

/**
 * Answers a batch of upload notifications. A message of which anything failed comes again, alone: the others of the
 * batch are done.
 */
export function createHandler(bucket: string, parts: PreprocessParts): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async ({ Records }) => {
    const failed: string[] = []
    for (const { body, messageId, attributes } of Records) {
      try {
        for (const upload of parseNotifications(body, bucket)) await admitUpload(upload, parts)
      } catch (error) {
        const deliveries = Number(attributes?.ApproximateReceiveCount ?? 1)
        parts.telemetry.log('error', 'upload-failed', { messageId, deliveries, ...describeError(error) })
        failed.push(messageId)
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}
