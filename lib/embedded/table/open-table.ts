import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDb, quoted } from '../../adapters/duckdb/open-duckdb.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { type QueryName, queryText } from '../../table/query-text.ts'
import { packageRoot } from '../package-root.ts'
import { duckDbColumns } from './duckdb-columns.ts'
import { hasFiles } from './table-folder.ts'

export const queriesFolder = join(packageRoot, 'lib/table/queries')

const memoryMib = 512

export interface Span {
  readonly tenant: string
  /** UTC, both included: yyyy-mm-dd. */
  readonly from: string
  readonly to: string
}

/** A table to ask. Nothing is written to it. */
export class ResultTable {
  readonly #db: DuckDb

  private constructor(db: DuckDb) {
    this.#db = db
  }

  /** @throws {ConfigurationError} when there is no table, or a file of it cannot be read */
  static async open(tableDir: string): Promise<ResultTable> {
    const isFolder = (await stat(tableDir).catch(() => null))?.isDirectory() ?? false
    if (!isFolder) {
      throw new ConfigurationError(`There is no table ${tableDir}. Make one with: pleura table --out <results>`)
    }
    // What a query needs beyond its memory goes to a file that nobody shares.
    const db = await DuckDb.open({ file: join(tmpdir(), `pleura-${randomUUID()}.duckdb`), memoryMib, threads: 2 })
    try {
      // Queries come in rows, and each would read the foot of every file again.
      await db.run('set parquet_metadata_cache = true')
      await db.run('create macro approx_percentile(x, share) as approx_quantile(x, share)')
      await db.run(`create view results as ${await sourceOf(tableDir)}`)
    } catch (error) {
      await db.close()
      throw unreadable(error)
    }
    return new ResultTable(db)
  }

  /** @throws {ConfigurationError} when a file of the table cannot be read */
  async ask<Row = Record<string, unknown>>(name: QueryName, { tenant, from, to }: Span): Promise<Row[]> {
    try {
      return await this.#db.rows<Row>(queryText(queriesFolder, name), [tenant, from, to])
    } catch (error) {
      throw unreadable(error)
    }
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}

const unreadable = (cause: unknown): ConfigurationError =>
  new ConfigurationError(
    `The table cannot be read (${(cause as Error).message.split('\n')[0].trim()}). Make it anew with: pleura table --rebuild`,
    { cause },
  )

/** A table without a file is one without rows, not an error. */
async function sourceOf(tableDir: string): Promise<string> {
  const columns = [...duckDbColumns, ['tenant', 'VARCHAR'], ['day', 'VARCHAR']]
  const empty = `select ${columns.map(([name, type]) => `null::${type} as ${name}`).join(', ')} where false`
  if (!(await hasFiles(tableDir))) return empty
  const files = quoted(join(tableDir, 'tenant=*', 'day=*', '*.parquet'))
  // By name: files of an older version may lack columns, which are null then.
  return `${empty} union all by name select * from read_parquet(${files}, hive_partitioning = true, hive_types = {tenant: VARCHAR, day: VARCHAR}, union_by_name = true)`
}
