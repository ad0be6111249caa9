import * as z from 'zod'
import { type CloudMessage, parseCloudMessage } from '../delivery/cloud-message.ts'
import type { ObjectStore } from '../screening/kernel/ports.ts'
import { parseStudyJob } from '../screening/screening-job/study-job.ts'
import { tenantOfUpload, uploadIdOf } from '../screening/screening-job/study-keys.ts'
import { parseUploadJob } from '../screening/screening-job/upload-job.ts'
import { type Failure, readFailure } from './failure-reason.ts'

/** What a dead letter is about, without anything of the sender's key. */
export interface DeadLetter {
  readonly messageId: string
  /** `unreadable`: no program of ours wrote it; it would end here again. */
  readonly kind: 'job' | 'upload' | 'delivery' | 'unreadable'
  readonly tenant: string | null
  /** Of a job, or of a result that is to be delivered. */
  readonly imageId: string | null
  /** Of uploads: names its receipt, and the lines of the preprocessing log. */
  readonly uploadIds: readonly string[]
  readonly lane: string | null
  /** When the message was sent first; ISO 8601. */
  readonly sentAt: string | null
  readonly reason: string
}

export interface DeadMessage {
  readonly messageId: string
  readonly receipt: string
  readonly body: string
  readonly sentAt: string | null
}

const notification = z.object({
  Records: z
    .array(
      z.object({
        s3: z.object({
          object: z.object({ key: z.string(), eTag: z.string().default(''), versionId: z.string().optional() }),
        }),
      }),
    )
    .min(1),
})

/** Says what a message of a dead-letter queue is about, and why it is there as far as the bucket tells. */
export async function describeDeadLetter(
  { messageId, body, sentAt }: DeadMessage,
  store: ObjectStore,
): Promise<DeadLetter> {
  const job = readJob(body)
  if (job) {
    const { tenant, imageId, lane } = job
    const failure = await readFailure(store, tenant, imageId)
    const reason = failure ? describeFailedAttempts(failure) : 'no failure document'
    return { messageId, kind: 'job', tenant, imageId, uploadIds: [], lane, sentAt, reason }
  }
  const uploads = readUpload(body) ?? readNotification(body)
  if (uploads) {
    const { tenant, uploadIds, lane } = uploads
    const reason = "see 'upload-failed' in the log of the preprocessing function"
    return { messageId, kind: 'upload', tenant, imageId: null, uploadIds, lane, sentAt, reason }
  }
  const message = parseCloudMessage(body)
  if (message) {
    const { tenant, imageId, lane } = message.detail
    const reason = describeDelivery(message)
    return { messageId, kind: 'delivery', tenant, imageId, uploadIds: [], lane, sentAt, reason }
  }
  const reason = 'no program of ours wrote it'
  return { messageId, kind: 'unreadable', tenant: null, imageId: null, uploadIds: [], lane: null, sentAt, reason }
}

function describeDelivery({ givenUp }: CloudMessage): string {
  if (!givenUp) return 'its function has not said why: the bus could not bring it, or it ended the function each time'
  const { target, reason, attempts, lastFailure } = givenUp
  return `${target}: ${reason}; ${attempts} attempts${lastFailure === null ? '' : `, in the end ${lastFailure}`}`
}

/**
 * In words, how often the image itself failed, and how often its worker ended: with it alone, or with others beside it,
 * any of which may have been the cause.
 */
function describeFailedAttempts({
  reason,
  attempts: { failed, endedAlone, endedBeside },
  deliveries,
}: Failure): string {
  const ended = `a worker ended ${endedAlone} times with it alone, ${endedBeside} times with others beside it`
  const parts = [
    ...(failed > 0 ? [`failed ${failed} times`] : []),
    ...(endedAlone + endedBeside > 0 ? [ended] : []),
  ].join(', ')
  return `${reason}: ${parts === '' ? '' : `${parts}; `}${deliveries} deliveries`
}

function readJob(body: string) {
  try {
    return parseStudyJob(body)
  } catch {
    return null
  }
}

interface Uploads {
  readonly tenant: string | null
  readonly uploadIds: readonly string[]
  readonly lane: string | null
}

function readUpload(body: string): Uploads | null {
  const job = parseUploadJob(body)
  if (!job) return null
  const { key, version } = job.upload
  return { tenant: tenantOf(key), uploadIds: [uploadIdOf(key, version)], lane: job.lane }
}

function readNotification(body: string): Uploads | null {
  try {
    const uploads = notification.parse(JSON.parse(body)).Records.map(({ s3: { object } }) => {
      const key = decodeURIComponent(object.key.replaceAll('+', ' '))
      return { key, uploadId: uploadIdOf(key, object.versionId ?? object.eTag) }
    })
    return { tenant: tenantOf(uploads[0].key), uploadIds: uploads.map(({ uploadId }) => uploadId), lane: null }
  } catch {
    return null
  }
}

function tenantOf(key: string): string | null {
  try {
    return tenantOfUpload(key)
  } catch {
    return null
  }
}
