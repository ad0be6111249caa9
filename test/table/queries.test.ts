import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TrinoSQL } from 'dt-sql-parser'
import { describe, expect, it } from 'vitest'
import { DuckDb } from '../../lib/adapters/duckdb/open-duckdb.ts'
import { addQueryCommand } from '../../lib/cli/query-command.ts'
import { addTableCommand } from '../../lib/cli/table-command.ts'
import { columnList } from '../../lib/embedded/table/duckdb-columns.ts'
import { queriesFolder } from '../../lib/embedded/table/open-table.ts'
import { queryNames, queryText } from '../../lib/table/query-text.ts'
import { runCommand } from '../cli/run-command.ts'
import { findings, makeResult, store } from './make-results.ts'

describe('the queries', () => {
  it('are the files that lie there', () => {
    const files = readdirSync(queriesFolder).map((name) => name.replace('.sql', ''))
    expect(files.sort()).toEqual([...queryNames, 'standing'].sort())
  })

  it.each(queryNames)('%s is in the grammar of Trino, which Athena speaks', (name) => {
    expect(new TrinoSQL().validate(queryText(queriesFolder, name))).toEqual([])
  })

  it('would not pass in a grammar that takes everything', () => {
    expect(new TrinoSQL().validate('select outcome::varchar from results')).not.toEqual([])
    expect(new TrinoSQL().validate('select * exclude (side) from results')).not.toEqual([])
  })

  it.each(queryNames)('%s has three parameters', (name) => {
    expect(queryText(queriesFolder, name).replaceAll(/--.*/g, '').match(/\?/g)).toHaveLength(3)
  })

  it('count an image once where rows were only ever added, as in the cloud', async () => {
    const db = await DuckDb.open({ file: null, memoryMib: 256, threads: 1 })
    const values = (image: string, at: string, outcome: string, replaces: boolean) =>
      `(1, '${image}', 'k', timestamp '${at}', false, ${replaces}, '${outcome}')`
    const named = columnList.split(', ').slice(0, 7).join(', ')
    const rest = columnList
      .split(', ')
      .slice(7)
      .map((name) => `null as ${name}`)
    await db.run(`create view results as select *, 'north' as tenant, cast(analysed_at as date)::varchar as day, ${rest}
      from (values
        ${values('a', '2026-11-01 10:00:00', 'not-suspected', false)},
        ${values('a', '2026-11-05 10:00:00', 'suspected', true)},
        ${values('a', '2026-11-03 10:00:00', 'not-analysed', true)},
        ${values('b', '2026-11-01 10:00:00', 'not-suspected', false)}) as t(${named})`)
    const rows = await db.rows(queryText(queriesFolder, 'outcomes'), ['north', '2026-11-01', '2026-11-30'])
    await db.close()
    expect(rows).toMatchObject([
      { outcome: 'not-suspected', images: '1' },
      { outcome: 'suspected', images: '1' },
    ])
  })
})

describe('pleura table and query', () => {
  it('make a table and ask it', async () => {
    const outDir = await mkdtemp(join(tmpdir(), 'pleura-query-'))
    try {
      await store(outDir, makeResult(1, findings.suspected, '2026-11-01T10:00:00Z'))
      await store(outDir, makeResult(2, findings.notAnalysed, '2026-11-02T10:00:00Z'))
      const built = await runCommand(addTableCommand, 'table', '--out', outDir, '--json')
      expect(JSON.parse(built.stdout)).toMatchObject({ rows: 2, unreadable: 0 })
      const table = ['--table', join(outDir, 'table')]
      for (const name of queryNames) {
        const asked = await runCommand(addQueryCommand, 'query', name, ...table, '--json')
        for (const line of asked.stdout.trim().split('\n')) expect(JSON.parse(line)).toBeTypeOf('object')
      }
      const days = await runCommand(addQueryCommand, 'query', 'days', ...table, '--from', '2026-11-02')
      expect(days.stdout).toContain('2026-11-02')
      expect(days.stdout).not.toContain('2026-11-01')
      const sql = await runCommand(addQueryCommand, 'query', 'days', '--sql')
      expect(sql.stdout.trim()).toBe(queryText(queriesFolder, 'days'))
    } finally {
      await rm(outDir, { recursive: true })
    }
  })

  it.each([
    [['query', 'drop', '--table', '.'], "There is no query 'drop'"],
    [['query', 'days'], '--table'],
    [['query', 'days', '--table', '/nowhere'], 'There is no table'],
    [['query', 'days', '--table', '.', '--from', '2026-02-30'], '2026-11-28'],
  ])('refuse %j', async (words, message) => {
    await expect(runCommand(addQueryCommand, ...words)).rejects.toThrow(message)
  })

  it('refuses a folder that is not there', async () => {
    await expect(runCommand(addTableCommand, 'table', '--out', '/nowhere')).rejects.toThrow('There is no folder')
  })
})
