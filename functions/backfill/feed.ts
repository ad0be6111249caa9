import { forEachConcurrently } from '../../lib/adapters/embedded/for-each-concurrently.ts'
import {
  type BackfillOrder,
  backfillKeys,
  backfillLine,
  backfillOrder,
  backfillProgress,
  cloudPlan,
  encodeDocument,
  encodeLines,
  type FedLine,
  linesPerPart,
  parseDocument,
  parseLines,
} from '../../lib/screening/backfill/cloud-backfill.ts'
import { type Clock, type JobQueue, ObjectNotFoundError, type ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { uploadIdOf } from '../../lib/screening/screening-job/study-keys.ts'
import type { CopyImage } from './copy-image.ts'

export interface FeedParts {
  readonly store: ObjectStore
  /** All queues that an image passes on its way. */
  readonly queues: readonly Pick<JobQueue, 'depth'>[]
  readonly copyImage: CopyImage
  readonly clock: Pick<Clock, 'now'>
  /** Images of anybody that may be on their way before another one is fed. */
  readonly atATime: number
}

/** Nothing of an archive can be read at all: a right is missing. Nothing was counted as fed. */
export class ArchiveDeniedError extends Error {
  override readonly name = 'ArchiveDeniedError'
}

const copiesAtATime = 8
/** So many refusals and nothing else are a right that is missing, and not objects under a key of their own. */
const manyRefusals = 8

/**
 * Feeds the first archive that is started and not paused with as many images as there is room for beside those that are on
 * their way, live ones included. Lines count as fed when all of them lie in the bucket and are noted: broken off before, some
 * come twice, which changes no result.
 * @returns how many lines were fed: 0 while there is no room; null when nothing is to be fed
 * @throws {ArchiveDeniedError}
 */
export async function feed(parts: FeedParts): Promise<number | null> {
  for await (const order of openOrders(parts.store)) {
    if (order.paused) continue
    const fed = await feedOne(order, parts)
    if (fed !== null) return fed
  }
  return null
}

async function* openOrders(store: ObjectStore): AsyncIterable<BackfillOrder> {
  for await (const key of store.list(backfillKeys.allOpen)) {
    const bytes = await getIfThere(store, key)
    if (bytes) yield parseDocument(bytes, backfillOrder)
  }
}

/** @returns null when this archive is through, or its budget: the next one's turn */
async function feedOne({ tenant, name, maximumImages }: BackfillOrder, parts: FeedParts): Promise<number | null> {
  const { store, queues, atATime, clock } = parts
  const { entries } = parseDocument(await store.get(backfillKeys.plan(tenant, name)), cloudPlan)
  const stored = await getIfThere(store, backfillKeys.progress(tenant, name))
  const from = stored ? parseDocument(stored, backfillProgress).fed : 0
  if (from >= entries) {
    await store.delete(backfillKeys.open(tenant, name))
    return null
  }
  const end = Math.min(entries, maximumImages ?? entries)
  if (from >= end) return null
  const depths = await Promise.all(queues.map((queue) => queue.depth()))
  const room = atATime - depths.reduce((sum, depth) => sum + depth, 0)
  if (room <= 0) return 0
  const part = Math.floor(from / linesPerPart)
  const until = Math.min(end, from + room, (part + 1) * linesPerPart)
  const first = part * linesPerPart
  const bytes = await store.get(backfillKeys.part(tenant, name, part))
  const lines = parseLines(bytes, backfillLine, from - first, until - first)
  if (lines.length !== until - from) throw new Error(`part ${part} of a backfill ends before line ${until}`)
  const fed: FedLine[] = []
  await forEachConcurrently(lines.entries(), copiesAtATime, async ([at, source]) => {
    const line = from + at
    const key = backfillKeys.upload(tenant, name, line)
    const copied = await parts.copyImage(source, key)
    const problem = 'problem' in copied ? copied.problem : null
    fed.push({ line, ...source, uploadId: 'version' in copied ? uploadIdOf(key, copied.version) : null, problem })
  })
  if (fed.length >= manyRefusals && fed.every(({ problem }) => problem === 'access-denied')) {
    throw new ArchiveDeniedError('no object of the archive may be read')
  }
  fed.sort((a, b) => a.line - b.line)
  const at = new Date(clock.now()).toISOString()
  await store.put(backfillKeys.fed(tenant, name, from), encodeLines(fed))
  await store.put(backfillKeys.progress(tenant, name), encodeDocument({ schemaVersion: 1, fed: until, at }))
  return fed.length
}

async function getIfThere(store: ObjectStore, key: string): Promise<Uint8Array | null> {
  try {
    return await store.get(key)
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}
