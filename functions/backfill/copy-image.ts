import { CopyObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { request } from '../../lib/adapters/aws/transient.ts'
import type { BackfillLine, FeedingProblem } from '../../lib/screening/backfill/cloud-backfill.ts'

/** Copies an object of an archive into the study bucket. @returns the version that it has there, or why it cannot be copied */
export type CopyImage = (from: BackfillLine, key: string) => Promise<{ version: string } | { problem: FeedingProblem }>

/** What S3 answers of an object that cannot be copied, by the error's name. */
const problems: Readonly<Record<string, FeedingProblem>> = {
  NoSuchKey: 'gone',
  NotFound: 'gone',
  AccessDenied: 'access-denied',
  InvalidObjectState: 'archived',
  ObjectNotInActiveTierError: 'archived',
  /** More than 5 GB, or under a key that the sender keeps. */
  InvalidRequest: 'not-copied',
}

/** Within S3: no byte passes the function. Metadata and tags of the sender stay behind: they may name a patient. */
export function createCopyImage(client: S3Client, bucket: string): CopyImage {
  return async (from, key) => {
    try {
      const { VersionId, CopyObjectResult } = await request('S3 CopyObject', () =>
        client.send(
          new CopyObjectCommand({
            Bucket: bucket,
            Key: key,
            CopySource: `${from.bucket}/${from.key.split('/').map(encodeURIComponent).join('/')}`,
            MetadataDirective: 'REPLACE',
            TaggingDirective: 'REPLACE',
          }),
        ),
      )
      // As a notification of S3 names it.
      return { version: VersionId ?? CopyObjectResult?.ETag?.replaceAll('"', '') ?? '' }
    } catch (error) {
      const problem = problems[(error as Error).name]
      if (problem) return { problem }
      throw error
    }
  }
}
