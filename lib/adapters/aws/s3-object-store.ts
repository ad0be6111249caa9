import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3'
import { TransientError } from '../../screening/kernel/errors.ts'
import { ObjectNotFoundError, type ObjectStore } from '../../screening/kernel/ports.ts'
import { isTransient, request, statusOf } from './transient.ts'

/** An object's key, and when it was written. */
export interface DatedKey {
  readonly key: string
  /** Unit: ms since the Unix epoch. */
  readonly modifiedAt: number
}

/** How often a conditional write that met another one under way is tried again. */
const conflictAttempts = 5

/**
 * Objects in a bucket. Encryption is the bucket's default. Requests are repeated by the client; what still fails for
 * now is a TransientError.
 */
export class S3ObjectStore implements ObjectStore {
  readonly #client: S3Client
  readonly #bucket: string

  constructor(client: S3Client, bucket: string) {
    this.#client = client
    this.#bucket = bucket
  }

  async get(key: string): Promise<Uint8Array> {
    return readObject(this.#client, { Bucket: this.#bucket, Key: key })
  }

  async put(key: string, body: Uint8Array, options: { ifAbsent?: boolean; contentType?: string } = {}) {
    const command = () =>
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: key,
        Body: body,
        ContentType: options.contentType ?? 'application/octet-stream',
        ...(options.ifAbsent ? { IfNoneMatch: '*' } : {}),
      })
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#client.send(command())
        return true
      } catch (error) {
        // 412: the object is there. 409: another conditional write is under way, and may yet fail.
        if (options.ifAbsent && statusOf(error) === 412) return false
        const conflict = options.ifAbsent && statusOf(error) === 409
        if (conflict && attempt < conflictAttempts) {
          await sleep(50 * 2 ** attempt * Math.random())
          continue
        }
        if (conflict || isTransient(error)) throw new TransientError('S3 PutObject failed for now', { cause: error })
        throw error
      }
    }
  }

  async exists(key: string): Promise<boolean> {
    try {
      await request('S3 HeadObject', () => this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key })))
      return true
    } catch (error) {
      if (error instanceof NotFound) return false
      throw error
    }
  }

  async delete(key: string): Promise<void> {
    await request('S3 DeleteObject', () =>
      this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key })),
    )
  }

  async *list(prefix: string): AsyncIterable<string> {
    for await (const { key } of this.listDated(prefix)) yield key
  }

  /** The keys below a prefix, and when each was written. */
  async *listDated(prefix: string): AsyncIterable<DatedKey> {
    const pages = paginateListObjectsV2({ client: this.#client }, { Bucket: this.#bucket, Prefix: prefix })[
      Symbol.asyncIterator
    ]()
    for (;;) {
      const page = await request('S3 ListObjectsV2', () => pages.next())
      if (page.done) return
      for (const { Key, LastModified } of page.value.Contents ?? []) {
        if (Key !== undefined) yield { key: Key, modifiedAt: LastModified?.getTime() ?? 0 }
      }
    }
  }
}

/** One object, or one version of it, whole. @throws {ObjectNotFoundError} @throws {TransientError} */
export async function readObject(
  client: S3Client,
  place: { Bucket: string; Key: string; VersionId?: string },
): Promise<Uint8Array> {
  try {
    return await request('S3 GetObject', async () => {
      const { Body, ContentLength } = await client.send(new GetObjectCommand(place))
      // The answer is there: what goes wrong from here on is the transfer.
      const bytes = Body ? await Body.transformToByteArray() : new Uint8Array()
      if (ContentLength !== undefined && bytes.byteLength !== ContentLength) {
        throw new TransientError(`the body has ${bytes.byteLength} of ${ContentLength} bytes`)
      }
      return bytes
    })
  } catch (error) {
    if (error instanceof NoSuchKey || statusOf(error) === 404) {
      throw new ObjectNotFoundError(place.Key, { cause: error })
    }
    throw error
  }
}
