import { GetObjectCommand, HeadObjectCommand, NotFound, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { readObject, S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { request } from '../../lib/adapters/aws/transient.ts'
import { ObjectNotFoundError } from '../../lib/screening/kernel/ports.ts'
import { S3MultipartUploads } from './multipart-uploads.ts'
import type { BucketParts } from './tenant-console.ts'
import { uploadGrantSeconds } from './upload-grant.ts'

/** The study bucket, as the console uses it. */
export function openStudyBucket(
  client: S3Client,
  Bucket: string,
  maximumUploadBytes: number,
): Pick<BucketParts, 'store' | 'readUpload' | 'signGet' | 'signPut' | 'versionsOf' | 'multiparts'> {
  const head = async (Key: string) => {
    try {
      return await request('S3 HeadObject', () => client.send(new HeadObjectCommand({ Bucket, Key })))
    } catch (error) {
      if (error instanceof NotFound) return null
      throw error
    }
  }
  return {
    store: new S3ObjectStore(client, Bucket),
    multiparts: new S3MultipartUploads(client, Bucket),
    readUpload: async (Key) => {
      const found = await head(Key)
      // The sender may have put anything in its place since.
      if (!found || (found.ContentLength ?? 0) > maximumUploadBytes) return null
      const { VersionId } = found
      try {
        return await readObject(client, { Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) })
      } catch (error) {
        if (error instanceof ObjectNotFoundError) return null
        throw error
      }
    },
    signGet: (Key, expiresIn) => {
      const ResponseContentType = 'application/octet-stream'
      const command = new GetObjectCommand({ Bucket, Key, ResponseContentType, ResponseCacheControl: 'no-store' })
      return getSignedUrl(client, command, { expiresIn })
    },
    // The length is signed: S3 takes neither more nor fewer bytes.
    signPut: (Key, ContentLength) =>
      getSignedUrl(client, new PutObjectCommand({ Bucket, Key, ContentLength }), {
        expiresIn: uploadGrantSeconds,
        signableHeaders: new Set(['host', 'content-length']),
      }),
    versionsOf: async (Key) => {
      const found = await head(Key)
      return [found?.VersionId, found?.ETag?.replaceAll('"', '')].filter((version) => version !== undefined)
    },
  }
}
