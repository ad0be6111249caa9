import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  NoSuchUpload,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { request } from '../../lib/adapters/aws/transient.ts'
import type { PartRange } from '../../lib/console/api/upload-parts.ts'
import { uploadGrantSeconds } from './upload-grant.ts'

/** A part that has come. */
export interface StoredPart {
  readonly number: number
  readonly sizeBytes: number
  readonly etag: string
}

/**
 * Objects that come in parts. `multipart` is the bucket's name for the parts of one object that belong together. What is
 * neither completed nor aborted ends by the bucket's lifecycle, after a day.
 * @see Amazon S3 User Guide, Uploading and copying objects using multipart upload
 */
export interface MultipartUploads {
  begin(key: string): Promise<string>
  /** Null: it was completed or aborted. */
  list(key: string, multipart: string): Promise<readonly StoredPart[] | null>
  /** Where the bytes of a part may be put, no more and no fewer, for a short time. */
  signPart(key: string, multipart: string, part: Pick<PartRange, 'number' | 'sizeBytes'>): Promise<string>
  complete(key: string, multipart: string, parts: readonly StoredPart[]): Promise<void>
  abort(key: string, multipart: string): Promise<void>
}

export class S3MultipartUploads implements MultipartUploads {
  readonly #client: S3Client
  readonly #bucket: string

  constructor(client: S3Client, bucket: string) {
    this.#client = client
    this.#bucket = bucket
  }

  async begin(key: string): Promise<string> {
    const command = new CreateMultipartUploadCommand({ Bucket: this.#bucket, Key: key })
    return (await request('S3 CreateMultipartUpload', () => this.#client.send(command))).UploadId!
  }

  async list(key: string, multipart: string): Promise<readonly StoredPart[] | null> {
    // A page holds a thousand, more than the largest file has. Paging would not end: the last page names a next one too.
    const command = new ListPartsCommand({ Bucket: this.#bucket, Key: key, UploadId: multipart })
    try {
      const { Parts = [] } = await request('S3 ListParts', () => this.#client.send(command))
      return Parts.map(({ PartNumber, Size, ETag }) => ({ number: PartNumber!, sizeBytes: Size!, etag: ETag! }))
    } catch (error) {
      if (error instanceof NoSuchUpload) return null
      throw error
    }
  }

  signPart(
    key: string,
    multipart: string,
    { number, sizeBytes }: Pick<PartRange, 'number' | 'sizeBytes'>,
  ): Promise<string> {
    const part = { Bucket: this.#bucket, Key: key, UploadId: multipart, PartNumber: number, ContentLength: sizeBytes }
    return getSignedUrl(this.#client, new UploadPartCommand(part), {
      expiresIn: uploadGrantSeconds,
      signableHeaders: new Set(['host', 'content-length']),
    })
  }

  async complete(key: string, multipart: string, parts: readonly StoredPart[]): Promise<void> {
    const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }))
    const asked = { Bucket: this.#bucket, Key: key, UploadId: multipart, MultipartUpload: { Parts } }
    await this.#unlessEnded('S3 CompleteMultipartUpload', new CompleteMultipartUploadCommand(asked))
  }

  async abort(key: string, multipart: string): Promise<void> {
    const asked = { Bucket: this.#bucket, Key: key, UploadId: multipart }
    await this.#unlessEnded('S3 AbortMultipartUpload', new AbortMultipartUploadCommand(asked))
  }

  /** One that another request has ended is none of ours any more. */
  async #unlessEnded(
    what: string,
    command: CompleteMultipartUploadCommand | AbortMultipartUploadCommand,
  ): Promise<void> {
    try {
      // The client has a signature for each kind of command, and none for both.
      await request(what, () => this.#client.send(command as AbortMultipartUploadCommand))
    } catch (error) {
      if (!(error instanceof NoSuchUpload)) throw error
    }
  }
}
