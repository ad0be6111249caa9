import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DuckDb, quoted } from '../../lib/adapters/duckdb/open-duckdb.ts'
import { duckDbColumns } from '../../lib/embedded/table/duckdb-columns.ts'
import { ResultTable } from '../../lib/embedded/table/open-table.ts'
import { tableFolder } from '../../lib/embedded/table/table-folder.ts'
import { detectDrift } from '../../lib/evaluation/drift/detect-drift.ts'
import { periodOfTable } from '../../lib/evaluation/drift/period-of-table.ts'
import { queryNames } from '../../lib/table/query-text.ts'

const tenant = 'local'
const days = 365
const dayMs = 86_400_000
const firstDay = Date.UTC(2026, 0, 1)
const dayOf = (number: number): string => new Date(firstDay + number * dayMs).toISOString().slice(0, 10)
const whole = { tenant, from: dayOf(0), to: dayOf(days - 1) }

/** Every query, and drift between two quarters, over a year of synthesized results; of a hundred images one twice. */
export async function benchTable(folder: string, results: number): Promise<string[][]> {
  const tableDir = join(folder, `table-${results}`)
  const rows: string[][] = []
  const timed = async (what: string, work: () => Promise<string>): Promise<void> => {
    const started = performance.now()
    const said = await work()
    rows.push([what, `${((performance.now() - started) / 1000).toFixed(2)} s${said}`])
  }
  await timed('synthesize and write', () => synthesize(tableDir, results))
  const table = await ResultTable.open(tableDir)
  try {
    for (const name of queryNames) {
      await timed(`query ${name}`, async () => `, ${(await table.ask(name, whole)).length} rows`)
    }
    await timed('monitor, first quarter against last', async () => {
      const periodOf = (from: number, to: number) =>
        periodOfTable('', (query) => table.ask(query, { tenant, from: dayOf(from), to: dayOf(to) }))
      const drift = detectDrift(await periodOf(0, 90), await periodOf(274, 364))
      return `, ${drift.reference.images} and ${drift.current.images} images`
    })
  } finally {
    await table.close()
    await rm(tableDir, { recursive: true })
  }
  rows.push(['highest memory of the process so far', `${Math.round(process.resourceUsage().maxRSS / 1024)} MB`])
  return rows
}

/** @returns how much is on disk */
async function synthesize(tableDir: string, results: number): Promise<string> {
  const db = await DuckDb.open({ file: null, memoryMib: 512, threads: 2 })
  const perDay = Math.ceil(results / days)
  try {
    await db.run('select setseed(0.5)')
    for (let day = 0; day < days; day++) {
      const file = tableFolder.partition(tableDir, tenant, dayOf(day))
      await mkdir(dirname(file), { recursive: true })
      await db.run(`
        copy (select ${synthesized(day, perDay)} from (
          select range as number, random() as draw, random() as kind from range(${perDay}))
        ) to ${quoted(file)} (format parquet, compression zstd)`)
    }
    const [{ bytes }] = await db.rows<{ bytes: string }>(
      `select sum(total_compressed_size)::bigint as bytes from parquet_metadata(${quoted(join(tableDir, '*', '*', '*.parquet'))})`,
    )
    return `, ${perDay * days} results, ${(Number(bytes) / perDay / days).toFixed(0)} bytes each on disk`
  } finally {
    await db.close()
  }
}

/** One in twenty is not analysed; one in a hundred replaces a result of the day before. */
function synthesized(day: number, perDay: number): string {
  const values: Record<string, string> = {
    schema_version: '1',
    image_id: `md5(((case when number % 100 = 0 then ${day - 1} else ${day} end) * ${perDay} + number)::varchar)`,
    screening_key: `'${'a'.repeat(64)}'`,
    analysed_at: `timestamp '${dayOf(day)} 06:00:00' + to_seconds((number * 57600 / ${perDay})::bigint)`,
    superseded: 'false',
    replaces_earlier: 'number % 100 = 0',
    outcome:
      "case when kind < 0.05 then 'not-analysed' when draw * draw * draw > 0.2 then 'suspected' else 'not-suspected' end",
    reason: "case when kind < 0.03 then 'lateral-view' when kind < 0.05 then 'blank' end",
    discordant: 'case when kind < 0.05 then null else draw > 0.99 end',
    probability: 'case when kind < 0.05 then null else draw * draw * draw end',
    operating_point: "'default'",
    threshold: '0.2',
    delineated: 'kind >= 0.05 and draw * draw * draw > 0.2',
    side: "case when draw > 0.8 then 'left' when draw > 0.6 then 'right' end",
    format: "'dicom'",
    modality: "'DX'",
    view_position: "case when draw < 0.6 then 'PA' else 'AP' end",
    classifier_id: "'pleura-classifier-s1'",
    classifier_version: "'0.4.0'",
    classifier_sha256: `'${'b'.repeat(64)}'`,
    software_version: "'0.2.0'",
    decode_ms: '30 + 100 * draw',
    classification_ms: '150 + 50 * kind',
    total_ms: '300 + 200 * kind',
  }
  return duckDbColumns.map(([name, type]) => `(${values[name] ?? 'null'})::${type} as ${name}`).join(', ')
}
