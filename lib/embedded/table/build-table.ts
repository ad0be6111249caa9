import { mkdir, open, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DuckDBUUIDValue } from '@duckdb/node-api'
import { DuckDb, quoted } from '../../adapters/duckdb/open-duckdb.ts'
import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'
import { makeFolder } from '../../adapters/embedded/make-folder.ts'
import { syncFolder } from '../../adapters/embedded/sync-folder.ts'
import { writeFileAtomically } from '../../adapters/embedded/write-file-atomically.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { tableVersion } from '../../table/columns.ts'
import { lockOutputFolder } from '../output-lock.ts'
import { columnList, duckDbColumns } from './duckdb-columns.ts'
import { listResults } from './list-results.ts'
import { readRows } from './read-rows.ts'
import { daysOf, tableFolder } from './table-folder.ts'

export interface BuildTableOptions {
  readonly outDir: string
  readonly tableDir: string
  readonly tenant: string
  /** Forgets what the table holds, and reads every result again. */
  readonly rebuild: boolean
  /** Called now and then with the results read so far. */
  readonly onRead?: (results: number) => void
}

export interface TableSummary {
  /** Rows of the table, superseded ones included. */
  readonly rows: number
  readonly images: number
  /** Images whose result was read, because it is new or was written again. */
  readonly read: number
  /** Images whose folder is gone, and their rows with it. */
  readonly removed: number
  /** Images whose result.json is none: their older rows stay, and every build tries again. */
  readonly unreadable: number
  /** The first of them. */
  readonly unreadableImages: readonly string[]
  /** Partitions that were written anew. */
  readonly partitions: number
}

const memoryMib = 512
const readsAtOnce = 32
/** Rows that are put into the engine at a time. */
const stagedRows = 20_000
const namedAtMost = 20

/** A partition cannot be read: its results are read again. */
class DamagedPartitionError extends Error {
  readonly day: string
  constructor(day: string, options: ErrorOptions) {
    super(`the partition of ${day} cannot be read`, options)
    this.day = day
  }
}

/**
 * Brings the table of an output folder up to its results. A partition is replaced as a whole by a rename, and the index,
 * which says what of every result is in the table, is written after all of them: a build that was killed leaves a table
 * that can be read, and the next one does again what is not in the index.
 * @throws {ConfigurationError} when the folder holds no result but the table does, or the table is another tenant's or a
 * newer version's
 */
export async function buildTable(options: BuildTableOptions): Promise<TableSummary> {
  const unlock = await lockOutputFolder(options.tableDir, 'table')
  try {
    const damaged = new Set<string>()
    for (;;) {
      try {
        return await buildOnce(options, damaged)
      } catch (error) {
        if (!(error instanceof DamagedPartitionError) || damaged.has(error.day)) throw error
        damaged.add(error.day)
      }
    }
  } finally {
    await unlock()
  }
}

async function buildOnce(options: BuildTableOptions, damaged: ReadonlySet<string>): Promise<TableSummary> {
  const { tableDir } = options
  const isCurrent = !options.rebuild && (await describes(tableDir, options.tenant))
  const work = tableFolder.work(tableDir)
  await rm(work, { recursive: true, force: true })
  await makeFolder(work)
  const db = await DuckDb.open({ file: join(work, 'work.duckdb'), memoryMib, threads: 2 })
  try {
    return await new TableBuild(db, options, damaged).run(isCurrent)
  } finally {
    await db.close()
    await rm(work, { recursive: true, force: true })
  }
}

/**
 * Whether what the index says holds for this version.
 * @throws {ConfigurationError} when the table is another tenant's or a newer version's
 */
async function describes(tableDir: string, tenant: string): Promise<boolean> {
  const text = await readFile(tableFolder.description(tableDir), 'utf8').catch(() => null)
  if (text === null) return false
  let said: { version?: unknown; tenant?: unknown }
  try {
    said = JSON.parse(text)
  } catch {
    return false
  }
  if (Number(said.version) > tableVersion) {
    throw new ConfigurationError(
      `The table in ${tableDir} was made by a newer version of pleura. Use that one, or give another --table.`,
    )
  }
  if (said.tenant !== tenant) {
    throw new ConfigurationError(
      `The table in ${tableDir} is that of tenant '${said.tenant}', not '${tenant}'. Give another --table.`,
    )
  }
  return said.version === tableVersion
}

class TableBuild {
  readonly #db: DuckDb
  readonly #options: BuildTableOptions
  /** Days whose file cannot be trusted: their rows come from the results alone. */
  readonly #distrusted: Set<string>
  readonly #unreadable: string[] = []
  #unreadableCount = 0

  constructor(db: DuckDb, options: BuildTableOptions, damaged: ReadonlySet<string>) {
    this.#db = db
    this.#options = options
    this.#distrusted = new Set(damaged)
  }

  async run(isCurrent: boolean): Promise<TableSummary> {
    const { tableDir, tenant } = this.#options
    await this.#readIndex(isCurrent)
    await this.#listFolder()
    await this.#distrustDays()
    // Of a day that is not trusted every image is read again, and with it what other days hold of it.
    await this.#choose()
    await this.#readChosen()
    const days = await this.#affectedDays()
    for (const day of days) await this.#writePartition(day)
    await this.#writeIndex()
    await writeFileAtomically(
      tableFolder.description(tableDir),
      `${JSON.stringify({ version: tableVersion, tenant })}\n`,
    )
    const [counts] = await this.#db.rows<Record<'rows' | 'images' | 'read' | 'removed', string>>(`
      select
        (select count(*) from next_index) as "rows",
        (select count(distinct image) from next_index) as images,
        (select count(distinct image) from incoming) as "read",
        (select count(*) from gone) as removed`)
    return {
      rows: Number(counts.rows),
      images: Number(counts.images),
      read: Number(counts.read),
      removed: Number(counts.removed),
      unreadable: this.#unreadableCount,
      unreadableImages: this.#unreadable,
      partitions: days.length,
    }
  }

  /** `known`: one row for each row of the table. Empty where the index is missing, old or damaged. */
  async #readIndex(isCurrent: boolean): Promise<void> {
    await this.#db.run('create table known (image uuid, stamp varchar, day varchar)')
    if (!isCurrent) return
    try {
      await this.#db.run(
        `insert into known select image, stamp, day from read_parquet(${quoted(tableFolder.index(this.#options.tableDir))})`,
      )
    } catch {
      await this.#db.run('delete from known')
    }
  }

  /** `listed`: the image folders there are. */
  async #listFolder(): Promise<void> {
    const { outDir, tableDir } = this.#options
    await this.#db.run('create table listed (image uuid, stamp varchar)')
    const appender = await this.#db.connection.createAppender('listed')
    let listed = 0
    try {
      await listResults(outDir, ({ imageId, stamp }) => {
        appender.appendUUID(DuckDBUUIDValue.fromUint128(BigInt(`0x${imageId}`)))
        if (stamp === null) appender.appendNull()
        else appender.appendVarchar(stamp)
        appender.endRow()
        if (++listed % 100_000 === 0) appender.flushSync()
      })
    } finally {
      appender.closeSync()
    }
    const [{ known }] = await this.#db.rows<{ known: string }>('select count(*) as known from known')
    if (listed === 0 && Number(known) > 0) {
      throw new ConfigurationError(
        `${outDir} holds no result, but the table in ${tableDir} has ${known} rows. Is the folder mounted? With --rebuild the table becomes empty too.`,
      )
    }
  }

  /** A day whose file does not hold as many rows as the index says was written by a build that did not end, or is damaged. */
  async #distrustDays(): Promise<void> {
    const { tableDir, tenant } = this.#options
    const counts = await this.#db.rows<{ day: string; images: string }>(
      'select day, count(*) as images from known group by day',
    )
    const expected = new Map(counts.map(({ day, images }) => [day, Number(images)]))
    for (const day of new Set([...expected.keys(), ...(await daysOf(tableDir, tenant))])) {
      const found = await this.#countRows(tableFolder.partition(tableDir, tenant, day))
      if (found !== (expected.get(day) ?? 0)) this.#distrusted.add(day)
    }
  }

  async #countRows(file: string): Promise<number | null> {
    try {
      const [{ found }] = await this.#db.rows<{ found: string }>(
        `select count(*) as found from read_parquet(${quoted(file)})`,
      )
      return Number(found)
    } catch {
      return null
    }
  }

  /** `chosen`: images to be read. `gone`: images that have no folder any more. */
  async #choose(): Promise<void> {
    const days = [...this.#distrusted].map(quoted).join(', ') || "''"
    await this.#db.run(`
      create table gone as
      select distinct image from known where image not in (select image from listed)`)
    await this.#db.run(`
      create table chosen as
      select image, stamp from listed
      where stamp is not null and (
        not exists (select 1 from known where known.image = listed.image and known.stamp = listed.stamp)
        or image in (select image from known where day in (${days}))
      )`)
  }

  /** `incoming`: the rows that were made of the chosen results. */
  async #readChosen(): Promise<void> {
    const { outDir, tenant, tableDir, onRead } = this.#options
    await this.#db.run(
      `create table incoming (image uuid, day varchar, ${duckDbColumns.map(([name, type]) => `${name} ${type}`).join(', ')})`,
    )
    const staged = join(tableFolder.work(tableDir), 'staged.jsonl')
    let read = 0
    for (let batch = await this.#chosenAfter(null); batch.length > 0; batch = await this.#chosenAfter(batch.at(-1)!)) {
      const lines: string[] = []
      await forEachConcurrently(batch, readsAtOnce, async (image) => {
        const imageId = image.replaceAll('-', '')
        const rows = await readRows(outDir, imageId, tenant)
        if (rows === 'unreadable') {
          this.#unreadableCount++
          if (this.#unreadable.length < namedAtMost) this.#unreadable.push(imageId)
        } else if (rows !== 'gone') for (const row of rows) lines.push(`${JSON.stringify(row)}\n`)
      })
      await writeFile(staged, lines.join(''))
      read += batch.length
      await this.#take(staged)
      onRead?.(read)
    }
    await rm(staged, { force: true })
  }

  /** The next images to be read, in the order of their names. */
  async #chosenAfter(last: string | null): Promise<string[]> {
    const after = last === null ? '' : `where image > ${quoted(last)}::uuid`
    const rows = await this.#db.rows<{ image: string }>(
      `select image::varchar as image from chosen ${after} order by chosen.image limit ${stagedRows}`,
    )
    return rows.map(({ image }) => image)
  }

  async #take(staged: string): Promise<void> {
    const types = duckDbColumns.map(([name, type]) => `${name}: ${quoted(type)}`).join(', ')
    await this.#db.run(`
      insert into incoming
      select image_id::uuid, day, ${columnList}
      from read_json(${quoted(staged)}, format = 'newline_delimited', columns = {day: 'VARCHAR', ${types}})`)
  }

  /** Every day that gains or loses a row. `replaced`: images of which no older row stays. */
  async #affectedDays(): Promise<string[]> {
    await this.#db.run('create table replaced as select distinct image from incoming union select image from gone')
    const rows = await this.#db.rows<{ day: string }>(`
      select distinct day from incoming
      union select distinct day from known where image in (select image from replaced)`)
    return [...new Set([...rows.map(({ day }) => day), ...this.#distrusted])].sort()
  }

  async #writePartition(day: string): Promise<void> {
    const { tableDir, tenant } = this.#options
    const file = tableFolder.partition(tableDir, tenant, day)
    const draft = join(tableFolder.work(tableDir), 'partition.parquet')
    const kept = this.#distrusted.has(day) ? null : await this.#countRows(file)
    const keep =
      kept === null
        ? ''
        : `select ${columnList} from read_parquet(${quoted(file)}) where image_id::uuid not in (select image from replaced) union all`
    try {
      await this.#db.run(`
        copy (
          ${keep} select ${columnList} from incoming where day = ${quoted(day)} order by analysed_at, image_id
        ) to ${quoted(draft)} (format parquet, compression zstd)`)
    } catch (cause) {
      if (kept === null) throw cause
      throw new DamagedPartitionError(day, { cause })
    }
    if ((await this.#countRows(draft)) === 0) {
      await rm(file, { force: true })
      await rmdir(dirname(file)).catch(() => {})
      return
    }
    await putInPlace(draft, file)
  }

  async #writeIndex(): Promise<void> {
    const { tableDir } = this.#options
    const draft = join(tableFolder.work(tableDir), 'index.parquet')
    await this.#db.run(`
      create view next_index as
      select image, stamp, day from known
      where image not in (select image from replaced) ${this.#distrustedClause()}
      union all
      select i.image, l.stamp, i.day from incoming i join listed l on l.image = i.image`)
    await this.#db.run(`copy (select * from next_index) to ${quoted(draft)} (format parquet, compression zstd)`)
    await putInPlace(draft, tableFolder.index(tableDir))
  }

  /** Rows of a day that was written anew, but whose image could not be read again, are gone. */
  #distrustedClause(): string {
    return this.#distrusted.size === 0 ? '' : `and day not in (${[...this.#distrusted].map(quoted).join(', ')})`
  }
}

async function putInPlace(draft: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const handle = await open(draft, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, file)
  await syncFolder(dirname(file))
}
