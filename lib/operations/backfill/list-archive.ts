import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3'
import { parse } from 'csv-parse'
import * as z from 'zod'
import { ConfigurationError } from '../../screening/kernel/errors.ts'

/** An object of an archive. */
export interface ListedObject {
  readonly bucket: string
  readonly key: string
  /** Null where the source does not tell it. */
  readonly sizeBytes: number | null
}

export interface ArchiveSource {
  /** `prefix`: all below it. `manifest`: a CSV of bucket and key. `inventory`: manifest.json of an S3 inventory in CSV. */
  readonly kind: 'prefix' | 'manifest' | 'inventory'
  readonly bucket: string
  readonly key: string
}

/** @see Amazon S3 User Guide, "Inventory manifest" */
const inventory = z.object({
  sourceBucket: z.string().min(1),
  fileFormat: z.string(),
  fileSchema: z.string(),
  files: z.array(z.object({ key: z.string() })),
})

/** The objects of an archive, as a stream; what S3's console calls a folder is none. @throws {ConfigurationError} */
export async function* listArchive(client: S3Client, source: ArchiveSource): AsyncIterable<ListedObject> {
  for await (const object of objectsOf(client, source)) if (!object.key.endsWith('/')) yield object
}

async function* objectsOf(client: S3Client, { kind, bucket, key }: ArchiveSource): AsyncIterable<ListedObject> {
  if (kind === 'prefix') {
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: key })) {
      for (const { Key = '', Size } of Contents) yield { bucket, key: Key, sizeBytes: Size ?? null }
    }
  } else if (kind === 'manifest') {
    for await (const [ofBucket, encoded] of rowsOf(await open(client, bucket, key))) {
      yield { bucket: ofBucket, key: decode(encoded, key), sizeBytes: null }
    }
  } else yield* inventoryOf(client, bucket, key)
}

async function* inventoryOf(client: S3Client, bucket: string, manifest: string): AsyncIterable<ListedObject> {
  const chunks: Buffer[] = []
  for await (const chunk of await open(client, bucket, manifest)) chunks.push(chunk)
  const parsed = inventory.safeParse(parseJson(Buffer.concat(chunks).toString()))
  if (!parsed.success || parsed.data.fileFormat !== 'CSV') {
    throw new ConfigurationError(`${manifest} is no manifest.json of an S3 inventory in CSV. Give one.`)
  }
  const columns = parsed.data.fileSchema.split(',').map((name) => name.trim())
  const at = (name: string) => columns.indexOf(name)
  for (const { key: file } of parsed.data.files) {
    const packed = await open(client, bucket, file)
    for await (const row of rowsOf(file.endsWith('.gz') ? packed.pipe(createGunzip()) : packed)) {
      // Of an inventory of all versions: the one that stands.
      if (row[at('IsLatest')] === 'false' || row[at('IsDeleteMarker')] === 'true') continue
      const size = row[at('Size')]
      yield {
        bucket: row[at('Bucket')] ?? parsed.data.sourceBucket,
        key: decode(row[at('Key')] ?? '', file),
        sizeBytes: size === undefined || size === '' ? null : Number(size),
      }
    }
  }
}

async function open(client: S3Client, Bucket: string, Key: string): Promise<Readable> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
  return Body as Readable
}

async function* rowsOf(stream: Readable): AsyncIterable<string[]> {
  const rows = stream.pipe(parse({ bom: true, skip_empty_lines: true, relax_column_count: true }))
  stream.once('error', (error) => rows.destroy(error))
  yield* rows
}

/** In manifests and inventories keys are URL-encoded. */
function decode(key: string, where: string): string {
  try {
    const decoded = decodeURIComponent(key.replaceAll('+', ' '))
    if (decoded !== '') return decoded
  } catch {
    // As below.
  }
  throw new ConfigurationError(`${where} has a line without a URL-encoded key. A line is: bucket,key`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
