import type { ReplaceableObjects } from '../../lib/adapters/aws/s3-replaceable-objects.ts'
import { decodeRows, encodeRows, type FiledRow } from '../../lib/adapters/parquet/row-file.ts'
import { TransientError } from '../../lib/screening/kernel/errors.ts'
import type { ResultRow } from '../../lib/screening/result-documents/result-row.ts'

/** Two invocations at a time at most write one file: one of them begins anew, once or twice. */
const attempts = 5

/**
 * Puts rows into their file, each once, however often it is brought: the file is read, written anew and replaced, unless
 * another invocation was faster; then all of it is done again. A reader of the table sees the old file or the new one.
 * @param rows All of the file under `key`
 * @returns how many were not there before
 * @throws {TransientError} when others were faster each time
 */
export async function addRows(files: ReplaceableObjects, key: string, rows: readonly ResultRow[]): Promise<number> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const stands = await files.read(key)
    const filed = new Map((stands ? await decodeRows(stands.bytes) : []).map((row) => [nameOf(row), row]))
    const before = filed.size
    const isChanged = rows.map((row) => put(filed, row)).includes(true)
    if (!isChanged) return 0
    const ordered = [...filed.values()].sort(inOrder)
    if (await files.replace(key, encodeRows(ordered), stands?.version ?? null)) return filed.size - before
  }
  throw new TransientError('the file of the table was replaced by others each time')
}

/** A result is written once, under the digests of its image and of what has analysed it. */
const nameOf = ({ image_id, screening_key }: FiledRow): string => `${image_id} ${screening_key}`
const inOrder = (a: FiledRow, b: FiledRow): number =>
  compare(a.analysed_at, b.analysed_at) || compare(nameOf(a), nameOf(b))
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/** @returns whether that changes what is filed: a row is new, or says now that other results stand beside it */
function put(filed: Map<string, FiledRow>, { tenant, day, ...row }: ResultRow): boolean {
  const stands = filed.get(nameOf(row))
  const isSame = stands?.superseded === row.superseded && stands.replaces_earlier === row.replaces_earlier
  if (isSame && stands.analysed_at === row.analysed_at) return false
  filed.set(nameOf(row), row)
  return true
}
