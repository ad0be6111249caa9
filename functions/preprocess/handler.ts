import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { describeError } from '../../lib/adapters/aws/operational-log.ts'
import { TransientError } from '../../lib/screening/kernel/errors.ts'
import { laneOfUpload } from '../../lib/screening/screening-job/study-keys.ts'
import type { Lane } from '../../lib/screening/screening-job/tenant.ts'
import { parseUploadJob, type Upload, type UploadJob } from '../../lib/screening/screening-job/upload-job.ts'
import { admitUpload, type PreprocessParts, tenantOf } from './admit-upload.ts'
import { parseNotifications } from './parse-notifications.ts'
import type { UploadQueue } from './upload-queue.ts'

export interface HandlerParts extends PreprocessParts {
  readonly notifications: Pick<UploadQueue, 'putOff'>
  readonly uploads: Readonly<Record<Lane, UploadQueue>>
  /** Before what failed is tried again; then twice as long each time, up to the longest. Unit: ms. */
  readonly firstRetryMs: number
}

/** Short, so that an upload goes on soon after an outage has ended. Unit: ms. */
const longestRetryMs = 120_000
/** With this, all deliveries of a message take half an hour: time to deploy a setting that was missing. Unit: ms. */
const longestDefectMs = 600_000

/**
 * Answers messages of the upload queues. A notification of S3 only goes into its lane, which takes milliseconds: no burst
 * of routine uploads stands before an urgent one. A message of a lane is an upload that is taken to its job.
 */
export function createHandler(bucket: string, parts: HandlerParts): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async ({ Records }) => {
    const failed: string[] = []
    for (const { body, messageId, receiptHandle, attributes } of Records) {
      const job = parseUploadJob(body)
      try {
        if (job) await work(job, parts)
        else for (const upload of parseNotifications(body, bucket)) await sort(upload, parts)
      } catch (error) {
        const deliveries = Number(attributes.ApproximateReceiveCount)
        parts.telemetry.log('error', 'upload-failed', { messageId, deliveries, ...describeError(error) })
        failed.push(messageId)
        const queue = job ? parts.uploads[job.lane] : parts.notifications
        // Where even this fails, the message comes again when its visibility ends.
        await queue.putOff(receiptHandle, backOffMs(parts, deliveries - 1, longestDefectMs)).catch(() => {})
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}

const backOffMs = ({ firstRetryMs }: HandlerParts, times: number, longestMs: number): number =>
  Math.min(firstRetryMs * 2 ** Math.min(times, 10), longestMs)

async function sort(upload: Upload, parts: HandlerParts): Promise<void> {
  const tenant = await tenantOf(upload, parts)
  const lane = laneOfUpload(upload.key, tenant)
  await parts.uploads[lane].send({ upload, lane, enqueuedAt: parts.clock.now(), returns: 0 }, { group: tenant.id })
}

/**
 * What fails for now goes round again as a new message: one that is given back would be set aside after some deliveries,
 * which are for defects and for what ends the function.
 */
async function work(job: UploadJob, parts: HandlerParts): Promise<void> {
  try {
    await admitUpload(job.upload, parts)
  } catch (error) {
    if (!(error instanceof TransientError)) throw error
    const { upload, lane, enqueuedAt, returns } = job
    parts.telemetry.log('warn', 'upload-returned', { lane, returns, ...describeError(error) })
    parts.telemetry.metric('ReturnedJobSeconds', Math.max(0, parts.clock.now() - enqueuedAt) / 1000, { Lane: lane })
    const delayMs = backOffMs(parts, returns, longestRetryMs)
    await parts.uploads[lane].send({ upload, lane, enqueuedAt, returns: returns + 1 }, { delayMs })
  }
}
