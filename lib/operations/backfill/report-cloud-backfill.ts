import {
  backfillKeys,
  backfillOrder,
  backfillProgress,
  type CloudPlan,
  type FedLine,
  fedLine,
  parseDocument,
  parseLines,
} from '../../screening/backfill/cloud-backfill.ts'
import { ObjectNotFoundError, type ObjectStore } from '../../screening/kernel/ports.ts'
import { readResultAt } from '../../screening/result-documents/write-result.ts'
import { studyKeys } from '../../screening/screening-job/study-keys.ts'
import { uploadReceipt } from '../../screening/screening-job/upload-receipt.ts'
import { readAhead } from '../../screening/usage/read-ahead.ts'

export interface CloudBackfillReport {
  readonly name: string
  readonly state: 'not-started' | 'running' | 'paused' | 'budget' | 'fed'
  readonly entries: number
  readonly fed: number
  readonly suspected: number
  readonly notSuspected: number
  /** Not analysed, or not even fed: says nothing about the patient. By reason. */
  readonly notAnalysed: Readonly<Record<string, number>>
  /** On their way, or among the dead letters. */
  readonly withoutResult: number
}

/** An object of the archive that has no finding, and why; `no-result-yet`: it is on its way, or the system has failed with it. */
export interface Unanalysed {
  readonly bucket: string
  readonly key: string
  readonly reason: string
}

const readsAtATime = 64

/** What has become of an archive, line by line from receipts and results. */
export async function reportCloudBackfill(
  store: ObjectStore,
  { tenant, name, entries }: CloudPlan,
  tell: (unanalysed: Unanalysed) => void | Promise<void>,
): Promise<CloudBackfillReport> {
  const notAnalysed: Record<string, number> = {}
  const counts = { suspected: 0, notSuspected: 0, withoutResult: 0 }
  for await (const { line, outcome, reason } of readAhead(fedLines(store, tenant, name), readsAtATime, outcomeOf)) {
    if (outcome === 'suspected') counts.suspected++
    else if (outcome === 'not-suspected') counts.notSuspected++
    else {
      if (outcome === null) counts.withoutResult++
      else notAnalysed[reason] = (notAnalysed[reason] ?? 0) + 1
      await tell({ bucket: line.bucket, key: line.key, reason })
    }
  }
  const { state, fed } = await stateOf()
  return { name, state, entries, fed, ...counts, notAnalysed }

  async function outcomeOf(line: FedLine): Promise<{ line: FedLine; outcome: string | null; reason: string }> {
    if (line.uploadId === null) return { line, outcome: 'not-analysed', reason: line.problem ?? 'gone' }
    const bytes = await getIfThere(store, studyKeys.uploadReceipt(tenant, line.uploadId))
    if (!bytes) return { line, outcome: null, reason: 'no-result-yet' }
    try {
      const result = await readResultAt(store, parseDocument(bytes, uploadReceipt).resultKey)
      return { line, outcome: result.outcome, reason: result.reason?.code ?? '' }
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return { line, outcome: null, reason: 'no-result-yet' }
      throw error
    }
  }

  async function stateOf(): Promise<Pick<CloudBackfillReport, 'state' | 'fed'>> {
    const progress = await getIfThere(store, backfillKeys.progress(tenant, name))
    const order = await getIfThere(store, backfillKeys.open(tenant, name))
    const fed = progress ? parseDocument(progress, backfillProgress).fed : 0
    if (fed >= entries) return { state: 'fed', fed }
    if (!order) return { state: 'not-started', fed }
    const { paused, maximumImages } = parseDocument(order, backfillOrder)
    if (maximumImages !== null && fed >= maximumImages) return { state: 'budget', fed }
    return { state: paused ? 'paused' : 'running', fed }
  }
}

/** A line that was fed again after a crash counts once, as it was fed last. */
async function* fedLines(store: ObjectStore, tenant: string, name: string): AsyncIterable<FedLine> {
  for await (const key of store.list(backfillKeys.allFed(tenant, name))) {
    yield* parseLines(await store.get(key), fedLine)
  }
}

async function getIfThere(store: ObjectStore, key: string): Promise<Uint8Array | null> {
  try {
    return await store.get(key)
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}
