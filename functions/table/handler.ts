import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { describeError, type OperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import type { ReplaceableObjects } from '../../lib/adapters/aws/s3-replaceable-objects.ts'
import { forEachConcurrently } from '../../lib/adapters/embedded/for-each-concurrently.ts'
import { parseCloudMessage } from '../../lib/delivery/cloud-message.ts'
import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'
import type { ResultRow } from '../../lib/screening/result-documents/result-row.ts'
import { tableKeys } from '../../lib/table/table-keys.ts'
import { addRows } from './add-rows.ts'
import { readRow } from './read-row.ts'

export interface HandlerParts {
  /** The study bucket. */
  readonly store: ObjectStore
  /** The bucket of the table. */
  readonly files: ReplaceableObjects
  readonly telemetry: OperationalLog
}

const readsAtATime = 16
/** Each is held whole, with its rows. */
const filesAtATime = 2
/** What the largest file may take. A function that is ended by its time has answered for nothing. Unit: ms. */
const reserveMs = 60_000

/** What is looked at of how the function is called. */
export interface Invocation {
  getRemainingTimeInMillis(): number
}

/**
 * Makes rows of the results that a batch of events tells of, and writes each file that they belong to once. What could not
 * be written, or was not begun for want of time, is reported, event by event, and comes again; what is no event of ours too,
 * until it is a dead letter.
 */
export function createHandler(
  parts: HandlerParts,
): (event: SQSEvent, invocation: Invocation) => Promise<SQSBatchResponse> {
  const { files, telemetry } = parts
  return async ({ Records }, invocation) => {
    const failed = new Set<string>()
    const byFile = new Map<string, { rows: ResultRow[]; messages: string[] }>()
    await forEachConcurrently(Records, readsAtATime, async (record) => {
      const row = await rowOf(record, parts)
      if (row === 'failed') failed.add(record.messageId)
      if (typeof row === 'string') return
      const key = tableKeys.fileOf(row)
      const file = byFile.get(key) ?? { rows: [], messages: [] }
      file.rows.push(row)
      file.messages.push(record.messageId)
      byFile.set(key, file)
    })
    let added = 0
    await forEachConcurrently(byFile, filesAtATime, async ([key, { rows, messages }]) => {
      const giveBack = () => {
        for (const messageId of messages) failed.add(messageId)
      }
      if (invocation.getRemainingTimeInMillis() < reserveMs) return giveBack()
      try {
        added += await addRows(files, key, rows)
      } catch (error) {
        telemetry.log('error', 'file-not-written', { file: key, rows: rows.length, ...describeError(error) })
        giveBack()
      }
    })
    telemetry.log('info', 'rows-added', {
      events: Records.length,
      added,
      files: byFile.size,
      failed: failed.size,
    })
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) }
  }
}

async function rowOf(
  { messageId, body }: SQSRecord,
  { store, telemetry }: HandlerParts,
): Promise<ResultRow | 'gone' | 'failed'> {
  const message = parseCloudMessage(body)
  if (!message) {
    telemetry.log('error', 'not-a-message', { messageId })
    return 'failed'
  }
  const { tenant, imageId } = message.detail
  try {
    const row = await readRow(store, message.detail)
    if (row) return row
    telemetry.log('warn', 'result-gone', { tenant, imageId, messageId })
    return 'gone'
  } catch (error) {
    telemetry.log('error', 'row-not-made', { tenant, imageId, messageId, ...describeError(error) })
    return 'failed'
  }
}
