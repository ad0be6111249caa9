import type { ObjectStore } from '../kernel/ports.ts'
import type { Document } from './document-type.ts'
import { type ResultDocument, resultDocument } from './result-document.ts'

export const resultKey = (imageId: string): string => `${imageId}/result.json`

/**
 * Writes a result and its documents under `<imageId>/`. An earlier result of another screening key is first moved to
 * `<imageId>/superseded/<its key>/`, with its documents; one of the same key is replaced.
 * @param stored What `readResult` says of the image, for a caller who has asked already.
 */
export async function writeResult(
  store: ObjectStore,
  result: ResultDocument,
  documents: readonly Document[],
  stored?: ResultDocument | null,
): Promise<void> {
  await supersede(store, result, stored === undefined ? await readResult(store, result.imageId) : stored)
  await writeInOrder(store, `${result.imageId}/`, result, documents)
}

/**
 * Writes a result and its documents under a prefix that belongs to its screening key, once: of several writers the
 * first one's result stands.
 * @returns the document that stands, whoever wrote it
 */
export async function writeResultOnce(
  store: ObjectStore,
  prefix: string,
  result: ResultDocument,
  documents: readonly Document[],
): Promise<ResultDocument> {
  const written = await writeInOrder(store, prefix, result, documents, { ifAbsent: true })
  return written ? result : readResultAt(store, `${prefix}result.json`)
}

/** result.json comes last: where it stands, everything stands. */
async function writeInOrder(
  store: ObjectStore,
  prefix: string,
  result: ResultDocument,
  documents: readonly Document[],
  { ifAbsent = false } = {},
): Promise<boolean> {
  for (const { name, mediaType, body } of documents) {
    await store.put(`${prefix}${name}`, body, { ifAbsent, contentType: mediaType })
  }
  return store.put(`${prefix}result.json`, encodeJson(result), { ifAbsent, contentType: 'application/json' })
}

/** @throws {ObjectNotFoundError} @throws {Error} when the object is no result document: a defect */
export async function readResultAt(store: Pick<ObjectStore, 'get'>, key: string): Promise<ResultDocument> {
  return resultDocument.parse(JSON.parse(new TextDecoder().decode(await store.get(key))))
}

/** The stored result of an image; null when there is none, or none that can be read. */
export async function readResult(store: ObjectStore, imageId: string): Promise<ResultDocument | null> {
  if (!(await store.exists(resultKey(imageId)))) return null
  const text = new TextDecoder().decode(await store.get(resultKey(imageId)))
  try {
    return resultDocument.parse(JSON.parse(text))
  } catch {
    return null
  }
}

async function supersede(store: ObjectStore, result: ResultDocument, previous: ResultDocument | null): Promise<void> {
  const prefix = `${result.imageId}/`
  const keys: string[] = []
  for await (const key of store.list(prefix)) if (!key.startsWith(`${prefix}superseded/`)) keys.push(key)
  // result.json goes first: from here on the folder is unfinished, and a crash makes the image run again.
  const resultFirst = keys.sort(
    (a, b) => Number(b === resultKey(result.imageId)) - Number(a === resultKey(result.imageId)),
  )
  // Objects without a result.json are those of an interrupted run. One that cannot be read may be a newer version's.
  const isUnreadable = !previous && keys.includes(resultKey(result.imageId))
  const kept = isUnreadable ? 'unreadable' : previous?.screeningKey
  if (kept !== undefined && kept !== result.screeningKey) {
    for (const key of resultFirst) {
      await store.put(`${prefix}superseded/${kept}/${key.slice(prefix.length)}`, await store.get(key))
    }
  }
  for (const key of resultFirst) await store.delete(key)
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)
}
