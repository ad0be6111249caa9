import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DuckDb, quoted } from '../../lib/adapters/duckdb/open-duckdb.ts'
import { lockOutputFolder } from '../../lib/embedded/output-lock.ts'
import { buildTable } from '../../lib/embedded/table/build-table.ts'
import { ResultTable } from '../../lib/embedded/table/open-table.ts'
import { tableFolder } from '../../lib/embedded/table/table-folder.ts'
import { findings, idOf, makeResult, store } from './make-results.ts'

let outDir: string
let tableDir: string
const tenant = 'north'
const span = { tenant, from: '2026-01-01', to: '2026-12-31' }
const build = (options = {}) => buildTable({ outDir, tableDir, tenant, rebuild: false, ...options })

beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'pleura-table-'))
  tableDir = join(outDir, 'table')
})
afterEach(() => rm(outDir, { recursive: true, force: true }))

async function ask(name: Parameters<ResultTable['ask']>[0], over = span) {
  const table = await ResultTable.open(tableDir)
  try {
    return await table.ask(name, over)
  } finally {
    await table.close()
  }
}

/** Image, outcome and whether it is superseded of every row. */
async function rows(): Promise<string[]> {
  const db = await DuckDb.open({ file: null, memoryMib: 256, threads: 1 })
  try {
    const files = quoted(join(tableDir, 'tenant=*/day=*/*.parquet'))
    const found = await db.rows<Record<string, unknown>>(
      `select *, day::varchar as d from read_parquet(${files}, hive_partitioning = true) order by image_id, analysed_at`,
    )
    return found.map((r) => `${Number(`0x${r.image_id}`)} ${r.d} ${r.outcome}${r.superseded ? ' superseded' : ''}`)
  } finally {
    await db.close()
  }
}

async function threeDays(): Promise<void> {
  await store(outDir, makeResult(1, findings.suspected, '2026-11-01T10:00:00Z'))
  await store(outDir, makeResult(2, findings.notSuspected, '2026-11-02T10:00:00Z'))
  await store(outDir, makeResult(3, findings.notAnalysed, '2026-11-03T10:00:00Z'))
}
const threeRows = ['1 2026-11-01 suspected', '2 2026-11-02 not-suspected', '3 2026-11-03 not-analysed']

describe('the table of an output folder', () => {
  it('has one row for each result, in partitions of tenant and day', async () => {
    await threeDays()
    expect(await build()).toMatchObject({ rows: 3, images: 3, read: 3, partitions: 3, unreadable: 0 })
    expect(await rows()).toEqual(threeRows)
    expect(await readdir(join(tableDir, 'tenant=north'))).toEqual([
      'day=2026-11-01',
      'day=2026-11-02',
      'day=2026-11-03',
    ])
  })

  it('reads only what is new, and writes nothing where nothing is', async () => {
    await threeDays()
    await build()
    expect(await build()).toMatchObject({ rows: 3, read: 0, partitions: 0 })
    await store(outDir, makeResult(4, findings.suspected, '2026-11-03T23:59:59.999Z'))
    expect(await build()).toMatchObject({ rows: 4, read: 1, partitions: 1 })
    expect(await build()).toMatchObject({ rows: 4, read: 0, partitions: 0 })
  })

  it('never counts what was not analysed as a negative', async () => {
    await threeDays()
    await build()
    expect(await ask('outcomes')).toEqual([
      { outcome: 'not-analysed', reason: 'lateral-view', images: '1' },
      { outcome: 'not-suspected', reason: null, images: '1' },
      { outcome: 'suspected', reason: null, images: '1' },
    ])
    const probabilities = await ask('probabilities')
    expect(probabilities.reduce<number>((sum, { images }) => sum + Number(images), 0)).toBe(2)
    expect((await ask('days')).at(-1)).toMatchObject({ images: '1', analysed: '0', suspected: '0', not_analysed: '1' })
  })

  it('marks a row whose result was superseded, also one of an earlier day', async () => {
    await threeDays()
    await build()
    const earlier = makeResult(2, findings.notSuspected, '2026-11-02T10:00:00Z')
    await store(outDir, makeResult(2, findings.suspected, '2026-11-04T10:00:00Z', 'b'), earlier)
    expect(await build()).toMatchObject({ rows: 4, images: 3, read: 1, partitions: 2 })
    expect(await rows()).toEqual([
      '1 2026-11-01 suspected',
      '2 2026-11-02 not-suspected superseded',
      '2 2026-11-04 suspected',
      '3 2026-11-03 not-analysed',
    ])
    expect(await ask('outcomes')).toMatchObject([
      { outcome: 'suspected', images: '2' },
      { outcome: 'not-analysed', images: '1' },
    ])
  })

  it('lets the result that stands in the folder stand, although a clock that was put back made it the older one', async () => {
    const earlier = makeResult(1, findings.notSuspected, '2026-11-05T10:00:00Z')
    await store(outDir, makeResult(1, findings.suspected, '2026-11-04T10:00:00Z', 'b'), earlier)
    await build()
    expect(await ask('outcomes')).toEqual([{ outcome: 'suspected', reason: null, images: '1' }])
  })

  it.each(['America/Los_Angeles', 'Pacific/Kiritimati'])('puts a result into its UTC day, also in %s', async (zone) => {
    const before = process.env.TZ
    process.env.TZ = zone
    try {
      await store(outDir, makeResult(1, findings.suspected, '2026-11-01T23:59:59.999Z'))
      await store(outDir, makeResult(2, findings.suspected, '2026-11-02T00:00:00.000Z'))
      await build()
      expect(await rows()).toEqual(['1 2026-11-01 suspected', '2 2026-11-02 suspected'])
      expect((await ask('models'))[0]).toMatchObject({ last_at: '2026-11-02 00:00:00' })
    } finally {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
    }
  })

  it('loses the rows of images whose folder is gone, and their empty partition', async () => {
    await threeDays()
    await build()
    await rm(join(outDir, idOf(2)), { recursive: true })
    expect(await build()).toMatchObject({ rows: 2, removed: 1 })
    expect(await readdir(join(tableDir, 'tenant=north'))).toEqual(['day=2026-11-01', 'day=2026-11-03'])
  })

  it('does not become empty because a folder is not mounted', async () => {
    await threeDays()
    await build()
    for (const number of [1, 2, 3]) await rm(join(outDir, idOf(number)), { recursive: true })
    await expect(build()).rejects.toThrow('Is the folder mounted?')
    expect(await rows()).toEqual(threeRows)
    expect(await build({ rebuild: true })).toMatchObject({ rows: 0 })
    expect(await ask('days')).toEqual([])
  })

  it('keeps the row of a result that is being written over, and of one that cannot be read', async () => {
    await threeDays()
    await build()
    await rm(join(outDir, idOf(1), 'result.json'))
    await writeFile(join(outDir, idOf(2), 'result.json'), '{"half')
    expect(await build()).toMatchObject({ rows: 3, unreadable: 1, unreadableImages: [idOf(2)] })
    expect(await rows()).toEqual(threeRows)
  })

  it('does not count a result that was copied into the folder of another image', async () => {
    await threeDays()
    const result = await readFile(join(outDir, idOf(1), 'result.json'))
    await writeFile(join(outDir, idOf(2), 'result.json'), result)
    expect(await build()).toMatchObject({ rows: 2, unreadable: 1 })
  })

  it('is one without rows where the folder holds no result', async () => {
    expect(await build()).toMatchObject({ rows: 0, images: 0, partitions: 0 })
    expect(await ask('days')).toEqual([])
    expect(await ask('stages')).toEqual([])
  })

  it('has each result once after a build that ended before its index was written', async () => {
    await threeDays()
    await build()
    const index = await readFile(tableFolder.index(tableDir))
    await store(outDir, makeResult(4, findings.suspected, '2026-11-03T11:00:00Z'))
    await store(outDir, makeResult(5, findings.suspected, '2026-11-09T11:00:00Z'))
    const earlier = makeResult(2, findings.notSuspected, '2026-11-02T10:00:00Z')
    await store(outDir, makeResult(2, findings.suspected, '2026-11-03T12:00:00Z', 'b'), earlier)
    await build()
    const whole = await rows()
    await writeFile(tableFolder.index(tableDir), index)
    await build()
    expect(await rows()).toEqual(whole)
    expect(whole).toHaveLength(6)
  })

  it.each(['table.json', 'results.parquet'])('is made anew where %s of its index is damaged', async (name) => {
    await threeDays()
    await build()
    await writeFile(join(tableDir, '.index', name), 'PAR1 damaged')
    expect(await build()).toMatchObject({ rows: 3, read: 3 })
    expect(await rows()).toEqual(threeRows)
  })

  it.each([
    ['cut off', (file: string) => truncate(file, 100)],
    ['gone', (file: string) => rm(file)],
    ['overwritten within', overwriteColumns],
  ])('makes a partition anew that is %s', async (_, damage) => {
    await threeDays()
    await store(outDir, makeResult(4, findings.suspected, '2026-11-02T09:00:00Z'))
    await build()
    await damage(tableFolder.partition(tableDir, tenant, '2026-11-02'))
    await store(outDir, makeResult(5, findings.notAnalysed, '2026-11-02T11:00:00Z'))
    expect(await build()).toMatchObject({ rows: 5 })
    expect(await rows()).toEqual([...threeRows, '4 2026-11-02 suspected', '5 2026-11-02 not-analysed'])
  })

  it('says what to do where a partition is damaged that nothing new has come to', async () => {
    await threeDays()
    await build()
    await overwriteColumns(tableFolder.partition(tableDir, tenant, '2026-11-02'))
    await expect(ask('outcomes')).rejects.toThrow('pleura table --rebuild')
    await build({ rebuild: true })
    expect(await rows()).toEqual(threeRows)
  })

  it('is made anew where an older version made it, and left alone where a newer one did', async () => {
    await threeDays()
    await build()
    const file = tableFolder.description(tableDir)
    await writeFile(file, JSON.stringify({ version: 0, tenant }))
    expect(await build()).toMatchObject({ rows: 3, read: 3 })
    await writeFile(file, JSON.stringify({ version: 99, tenant }))
    await expect(build()).rejects.toThrow('newer version')
    expect(await rows()).toEqual(threeRows)
  })

  it('is of one tenant', async () => {
    await threeDays()
    await build()
    await expect(build({ tenant: 'south' })).rejects.toThrow("tenant 'north'")
    expect(await ask('days', { ...span, tenant: 'south' })).toEqual([])
  })

  it('has one writer', async () => {
    await threeDays()
    const unlock = await lockOutputFolder(tableDir, 'table')
    await expect(build()).rejects.toThrow('in use')
    await unlock()
    const both = await Promise.allSettled([build(), build()])
    expect(both.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    await build()
    expect(await rows()).toEqual(threeRows)
  })

  it('holds files of an older version beside its own: what they lack is null', async () => {
    await threeDays()
    await build()
    const db = await DuckDb.open({ file: null, memoryMib: 256, threads: 1 })
    const file = quoted(tableFolder.partition(tableDir, tenant, '2026-11-01'))
    await db.run(`create table old as select * exclude (decode_ms, side) from read_parquet(${file})`)
    await db.run(`copy (select * exclude (tenant, day) from old) to ${file} (format parquet)`)
    await db.close()
    expect(await ask('stages')).toContainEqual(expect.objectContaining({ stage: 'decode', images: '2' }))
    expect(await ask('suspected')).toMatchObject([{ side: null }])
  })
})

async function overwriteColumns(file: string): Promise<void> {
  const bytes = await readFile(file)
  // The foot is left whole: only reading the columns finds it.
  bytes.fill(0xff, 4, Math.floor(bytes.length / 3))
  await writeFile(file, bytes)
}
