import { type ColumnType, tableColumns } from '../../table/columns.ts'

const types: Readonly<Record<ColumnType, string>> = {
  string: 'VARCHAR',
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMP',
  'array<string>': 'VARCHAR[]',
}

/** Name and type of each column of a file, as DuckDB has them. */
export const duckDbColumns: readonly (readonly [name: string, type: string])[] = Object.entries(tableColumns).map(
  ([name, type]) => [name, types[type]],
)

/** The names, for a select list. */
export const columnList = duckDbColumns.map(([name]) => name).join(', ')
