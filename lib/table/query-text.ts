import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The queries of the table: files below lib/table/queries, the same for Athena and DuckDB. */
export const queryNames = [
  'days',
  'outcomes',
  'suspected',
  'probabilities',
  'views',
  'models',
  'stages',
  'usage',
] as const
export type QueryName = (typeof queryNames)[number]

/**
 * The whole text of a query, over a table `results`. Its three parameters (`?`): tenant, first day, last day.
 * @param folder Where the files lie
 */
export function queryText(folder: string, name: QueryName): string {
  const standing = read(folder, 'standing')
  const query = read(folder, name)
  if (!/\bstanding\b/.test(withoutComments(query))) return query
  const head = `with standing as (\n${standing}\n)`
  // A query with parts of its own goes on with them.
  return /^with\s/m.test(query) ? `${head},\n${query.replace(/^with\s/m, '')}` : `${head}\n${query}`
}

const read = (folder: string, name: string): string => readFileSync(join(folder, `${name}.sql`), 'utf8').trim()
const withoutComments = (sql: string): string => sql.replaceAll(/--.*/g, '')
