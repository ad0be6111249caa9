import {
  type BackfillLine,
  type BackfillOrder,
  backfillKeys,
  backfillOrder,
  type CloudPlan,
  cloudPlan,
  encodeDocument,
  encodeLines,
  linesPerPart,
  parseDocument,
} from '../../screening/backfill/cloud-backfill.ts'
import { ObjectNotFoundError, type ObjectStore } from '../../screening/kernel/ports.ts'
import type { ListedObject } from './list-archive.ts'

/** The plan that stands; null when there is none, or it was never finished. */
export async function readCloudPlan(store: ObjectStore, tenant: string, name: string): Promise<CloudPlan | null> {
  try {
    return parseDocument(await store.get(backfillKeys.plan(tenant, name)), cloudPlan)
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}

/** What the operator wants of it; null where it is not started, or through. */
export async function readOrder(store: ObjectStore, tenant: string, name: string): Promise<BackfillOrder | null> {
  try {
    return parseDocument(await store.get(backfillKeys.open(tenant, name)), backfillOrder)
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}

/** Lists an archive once, into parts that the feeder reads; the plan comes last, and says that they are whole. */
export async function planCloudBackfill(
  store: ObjectStore,
  about: Pick<CloudPlan, 'tenant' | 'name' | 'source' | 'plannedAt'>,
  objects: AsyncIterable<ListedObject>,
  onEntries: (entries: number) => void = () => {},
): Promise<CloudPlan> {
  const { tenant, name } = about
  let [entries, sizeBytes] = [0, 0]
  let lines: BackfillLine[] = []
  const writePart = async () => {
    const part = Math.floor((entries - 1) / linesPerPart)
    await store.put(backfillKeys.part(tenant, name, part), encodeLines(lines))
    lines = []
    onEntries(entries)
  }
  for await (const { bucket, key, sizeBytes: size } of objects) {
    lines.push({ bucket, key })
    entries++
    sizeBytes += size ?? 0
    if (lines.length === linesPerPart) await writePart()
  }
  if (lines.length > 0) await writePart()
  const plan: CloudPlan = { schemaVersion: 1, ...about, entries, sizeBytes }
  // Of nothing there is no plan: the archive may only have been misnamed.
  if (entries > 0) await store.put(backfillKeys.plan(tenant, name), encodeDocument(plan))
  return plan
}
