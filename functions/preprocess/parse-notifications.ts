import * as z from 'zod'
import type { Upload } from '../../lib/screening/screening-job/upload-job.ts'

const notification = z.object({
  eventName: z.string(),
  s3: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.string(),
      size: z.number().int().nonnegative().default(0),
      eTag: z.string().default(''),
      versionId: z.string().optional(),
    }),
  }),
})
const body = z.union([
  z.object({ Event: z.literal('s3:TestEvent') }).transform(() => ({ Records: [] })),
  z.object({ Records: z.array(notification) }),
])

/**
 * The uploads that one queue message tells of. S3 URL-encodes keys in its notifications, spaces as '+'.
 * @throws {Error} when the message is no notification of this bucket: a defect, it ends as a dead letter
 * @see Amazon S3 User Guide, Event message structure
 */
export function parseNotifications(message: string, bucket: string): Upload[] {
  return body.parse(JSON.parse(message)).Records.map(({ eventName, s3 }) => {
    if (!/^(s3:)?ObjectCreated:/.test(eventName)) throw new Error(`an event ${eventName} was not asked for`)
    if (s3.bucket.name !== bucket) throw new Error('the notification is of another bucket')
    const { key, size, eTag, versionId } = s3.object
    return {
      key: decodeURIComponent(key.replaceAll('+', ' ')),
      versionId: versionId ?? null,
      version: versionId ?? eTag,
      sizeBytes: size,
    }
  })
}
