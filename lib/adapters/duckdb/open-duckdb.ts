import { rm } from 'node:fs/promises'
import { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

export interface DuckDbOptions {
  /** A database file, removed when it is closed; beside it lies what does not fit into memory. Null: in memory. */
  readonly file: string | null
  /** Unit: MiB. What the engine holds beyond it goes to disk. */
  readonly memoryMib: number
  readonly threads: number
}

/** Nothing is fetched: neither extensions nor files from a network. */
const settings = {
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
} as const

export class DuckDb {
  readonly connection: DuckDBConnection
  readonly #instance: DuckDBInstance
  readonly #file: string | null

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, file: string | null) {
    this.#instance = instance
    this.connection = connection
    this.#file = file
  }

  static async open({ file, memoryMib, threads }: DuckDbOptions): Promise<DuckDb> {
    const instance = await DuckDBInstance.create(file ?? ':memory:', {
      ...settings,
      memory_limit: `${memoryMib}MiB`,
      threads: String(threads),
      preserve_insertion_order: 'false',
      temp_directory: file === null ? '' : `${file}.spilled`,
    })
    const connection = await DuckDBConnection.create(instance)
    // Times are UTC wherever the program runs.
    await connection.run("set timezone = 'UTC'")
    return new DuckDb(instance, connection, file)
  }

  /** @param values Of the parameters (`?`), in their order */
  async run(sql: string, values: readonly (string | number | null)[] = []): Promise<void> {
    await this.connection.run(sql, [...values])
  }

  /** All rows, as JSON has them: numbers of 64 bits are strings. */
  async rows<Row>(sql: string, values: readonly (string | number | null)[] = []): Promise<Row[]> {
    const reader = await this.connection.runAndReadAll(sql, [...values])
    return reader.getRowObjectsJson() as Row[]
  }

  async close(): Promise<void> {
    this.connection.closeSync()
    this.#instance.closeSync()
    if (this.#file === null) return
    for (const end of ['', '.wal', '.spilled']) await rm(`${this.#file}${end}`, { recursive: true, force: true })
  }
}

/** A string literal. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
