import { HeadObjectCommand, InvalidObjectState, type S3Client } from '@aws-sdk/client-s3'
import { StudyRejectedError } from '../../screening/kernel/errors.ts'
import { readObject } from './s3-object-store.ts'
import { statusOf } from './transient.ts'

type Place = Parameters<typeof readObject>[1]

/**
 * One version of an upload, whole.
 * @param keyArn The KMS key of the bucket.
 * @throws {ObjectNotFoundError}
 * @throws {StudyRejectedError} unreadable-object when it lies where nobody can read it: the sender's doing
 * @throws {TransientError}
 * @throws {Error} when our own right to read it is missing
 * @see Amazon S3 API reference, Error responses
 */
export async function readUpload(client: S3Client, place: Place, keyArn: string): Promise<Uint8Array> {
  try {
    return await readObject(client, place)
  } catch (error) {
    const why = await whyUnreadable(client, place, keyArn, error)
    throw why === null ? error : new StudyRejectedError('unreadable-object', why, { cause: error })
  }
}

async function whyUnreadable(client: S3Client, place: Place, keyArn: string, error: unknown): Promise<string | null> {
  if (error instanceof InvalidObjectState) return `it is archived: ${error.StorageClass ?? 'another storage class'}`
  const { name } = error as Error
  // S3 answers a plain request for an object under a customer's key so, and no other of ours.
  if (statusOf(error) === 400 && name === 'InvalidRequest') return "it is encrypted with its sender's own key (SSE-C)"
  // Refused: by a key of somebody else's, or because we have lost our rights. The head of the object takes no key.
  if (statusOf(error) !== 403 && !name.startsWith('KMS.')) return null
  const head = await client.send(new HeadObjectCommand(place)).catch(() => null)
  const usedKey = head?.SSEKMSKeyId
  return usedKey !== undefined && usedKey !== keyArn ? "it is encrypted with another KMS key than the bucket's" : null
}
