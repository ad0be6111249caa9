import type { SQSRecord } from 'aws-lambda'
import { createHandler } from '../../../functions/table/handler.ts'
import { createOperationalLog } from '../../../lib/adapters/aws/operational-log.ts'
import type { ReplaceableObjects } from '../../../lib/adapters/aws/s3-replaceable-objects.ts'
import type { ResultDocument } from '../../../lib/screening/result-documents/result-document.ts'
import { writeResultOnce } from '../../../lib/screening/result-documents/write-result.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import { MemoryObjectStore } from '../../delivery/memory-stores.ts'

/** Files that are replaced by those who know what stands there; `before` runs before each replacement. */
export class MemoryFiles implements ReplaceableObjects {
  readonly files = new Map<string, { bytes: Uint8Array; version: number }>()
  before: (key: string) => void | Promise<void> = () => {}
  writes = 0

  async read(key: string) {
    const file = this.files.get(key)
    return file ? { bytes: file.bytes, version: String(file.version) } : null
  }

  async replace(key: string, body: Uint8Array, version: string | null) {
    await this.before(key)
    const stands = this.files.get(key)
    if ((stands ? String(stands.version) : null) !== version) return false
    this.files.set(key, { bytes: body, version: (stands?.version ?? 0) + 1 })
    this.writes++
    return true
  }
}

/** The function that writes the table, with both of its buckets in memory. */
export function openTableWriter() {
  const store = new MemoryObjectStore()
  const files = new MemoryFiles()
  const lines: string[] = []
  const handler = createHandler({ store, files, telemetry: createOperationalLog('table', (line) => lines.push(line)) })
  let ids = 0
  const invocation = { remainingMs: 300_000, getRemainingTimeInMillis: () => invocation.remainingMs }
  /** @returns the ids of those that failed, counted from 0 within the batch */
  const bring = async (...bodies: string[]): Promise<number[]> => {
    const records = bodies.map((body) => ({ messageId: `m${ids++}`, body }) as SQSRecord)
    const { batchItemFailures } = await handler({ Records: records }, invocation)
    return batchItemFailures
      .map(({ itemIdentifier }) => records.findIndex((r) => r.messageId === itemIdentifier))
      .sort()
  }
  return {
    store,
    files,
    lines,
    bring,
    invocation,
    /** Stores a result as the worker does. @returns its event, as the bus brings it */
    async keep(result: ResultDocument, tenant = 'north'): Promise<string> {
      const prefix = studyKeys.resultPrefix(tenant, result.imageId, result.screeningKey)
      await writeResultOnce(store, prefix, result, [])
      return eventOf(result, tenant)
    },
  }
}

export const eventOf = ({ imageId, outcome, discordant, reason, screeningKey }: ResultDocument, tenant: string) =>
  JSON.stringify({
    version: '0',
    source: 'pleura',
    time: '2026-11-28T04:00:00Z',
    detail: {
      schemaVersion: 1,
      tenant,
      imageId,
      outcome,
      discordant,
      reason: reason?.code ?? null,
      lane: 'routine',
      resultKey: `${studyKeys.resultPrefix(tenant, imageId, screeningKey)}result.json`,
      study: null,
    },
  })
