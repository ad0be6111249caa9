import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/*
 *   <table>/tenant=<tenant>/day=<yyyy-mm-dd>/results.parquet   the rows of a day; replaced as a whole
 *   <table>/.index/results.parquet                             which version of which result the rows were made of
 *   <table>/.index/table.json                                  version of the columns, tenant; written last
 *   <table>/.work/                                             of a build under way
 *   <table>/.lock/                                             one writer at a time
 */
export const tableFolder = {
  tenant: (table: string, tenant: string) => join(table, `tenant=${tenant}`),
  partition: (table: string, tenant: string, day: string) =>
    join(table, `tenant=${tenant}`, `day=${day}`, 'results.parquet'),
  index: (table: string) => join(table, '.index', 'results.parquet'),
  description: (table: string) => join(table, '.index', 'table.json'),
  work: (table: string) => join(table, '.work'),
}

/** The days of a tenant that have a folder, in their order. */
export async function daysOf(table: string, tenant: string): Promise<string[]> {
  const names = await readdir(tableFolder.tenant(table, tenant)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names.flatMap((name) => name.match(/^day=(\d{4}-\d\d-\d\d)$/)?.[1] ?? []).sort()
}

/** Whether the table has a file. */
export async function hasFiles(table: string): Promise<boolean> {
  for (const name of await readdir(table)) {
    const tenant = name.match(/^tenant=(.+)$/)?.[1]
    if (tenant !== undefined && (await daysOf(table, tenant)).length > 0) return true
  }
  return false
}
