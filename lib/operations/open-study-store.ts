import { stat } from 'node:fs/promises'
import { clientSettings as programSettings } from '../adapters/aws/client-settings.ts'
import { FolderObjectStore } from '../adapters/embedded/folder-object-store.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import type { ObjectStore } from '../screening/kernel/ports.ts'
import { requireRegion } from './cloud-failure.ts'

export interface StoreOptions {
  bucket?: string
  store?: string
}

/** No image waits for the command line: it tries longer than the deployed programs do. */
export const clientSettings = { ...programSettings, maxAttempts: 8 } as const

/**
 * The study bucket, or a folder laid out like it. Region, credentials and endpoint are the SDK's own settings.
 * @throws {ConfigurationError} unless exactly one of the two is given, and a folder is one
 */
export async function openStudyStore({ bucket, store }: StoreOptions): Promise<ObjectStore> {
  if ((bucket === undefined) === (store === undefined)) {
    throw new ConfigurationError('Give either --bucket (the study bucket) or --store (a folder laid out like it).')
  }
  if (store !== undefined) {
    const isFolder = (await stat(store).catch(() => null))?.isDirectory() ?? false
    if (!isFolder) throw new ConfigurationError(`${store} is not a folder. Give one laid out like the study bucket.`)
    return new FolderObjectStore(store)
  }
  // Loaded when needed: the SDK would slow every other command's start.
  const { S3Client } = await import('@aws-sdk/client-s3')
  const { S3ObjectStore } = await import('../adapters/aws/s3-object-store.ts')
  const client = new S3Client({ ...clientSettings })
  await requireRegion(client)
  return new S3ObjectStore(client, bucket!)
}
