import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { TransientError } from '../../screening/kernel/errors.ts'
import { request, statusOf } from './transient.ts'

/** An object with what tells this content of it from any other. */
export interface ReadObject {
  readonly bytes: Uint8Array
  readonly version: string
}

/** Objects that are replaced as a whole, and only by those who know what stands there. */
export interface ReplaceableObjects {
  /** Null when there is none. */
  read(key: string): Promise<ReadObject | null>
  /**
   * @param version Of what was read; null when nothing was there
   * @returns false when something else stands there now: nothing was written
   */
  replace(key: string, body: Uint8Array, version: string | null): Promise<boolean>
}

/** By conditional writes. @see Amazon S3 User Guide, "Conditional requests", `If-Match` and `If-None-Match` of PutObject */
export class S3ReplaceableObjects implements ReplaceableObjects {
  readonly #client: S3Client
  readonly #bucket: string

  constructor(client: S3Client, bucket: string) {
    this.#client = client
    this.#bucket = bucket
  }

  async read(key: string): Promise<ReadObject | null> {
    try {
      return await request('S3 GetObject', async () => {
        const { Body, ETag } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }))
        if (!Body || ETag === undefined) throw new TransientError('the answer has no body or no ETag')
        return { bytes: await Body.transformToByteArray(), version: ETag }
      })
    } catch (error) {
      if (error instanceof NoSuchKey || statusOf(error) === 404) return null
      throw error
    }
  }

  async replace(key: string, body: Uint8Array, version: string | null): Promise<boolean> {
    const condition = version === null ? { IfNoneMatch: '*' } : { IfMatch: version }
    try {
      await request('S3 PutObject', () =>
        this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: body, ...condition })),
      )
      return true
    } catch (error) {
      // 412: another content. 409: another write is under way. 404: what was read is gone.
      if ([404, 409, 412].includes(statusOf(error) ?? 0)) return false
      throw error
    }
  }
}
