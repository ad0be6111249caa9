import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer'
import type { ResultRow } from '../../screening/result-documents/result-row.ts'
import { type ColumnType, tableColumns } from '../../table/columns.ts'

/** A row as a file has it: its partitions are in the file's path. */
export type FiledRow = Omit<ResultRow, 'tenant' | 'day'>

/** A file has columns that this version does not know: to write it anew would lose them. */
export class NewerFileError extends Error {
  override readonly name = 'NewerFileError'
}

type Cell = unknown
interface Column {
  readonly elements: (name: string) => SchemaElement[]
  readonly encode: (value: Cell) => Cell
  readonly decode: (value: Cell) => Cell
}

const same = (value: Cell): Cell => value
const leaf = (element: Omit<SchemaElement, 'name'>) => (name: string) => [
  { name, repetition_type: 'OPTIONAL' as const, ...element },
]
const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const
/** As DuckDB writes them: a time without a zone, which Athena reads as `timestamp`. */
const microseconds = { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' } as const

/** @see Apache Parquet format, logical types: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md */
const columns: Readonly<Record<ColumnType, Column>> = {
  string: { elements: leaf(text), encode: same, decode: same },
  boolean: { elements: leaf({ type: 'BOOLEAN' }), encode: same, decode: same },
  int: { elements: leaf({ type: 'INT32' }), encode: same, decode: same },
  bigint: { elements: leaf({ type: 'INT64' }), encode: (n) => BigInt(n as number), decode: Number },
  double: { elements: leaf({ type: 'DOUBLE' }), encode: same, decode: same },
  timestamp: {
    elements: leaf({ type: 'INT64', converted_type: 'TIMESTAMP_MICROS', logical_type: microseconds }),
    encode: (iso) => new Date(iso as string),
    decode: (date) => (date as Date).toISOString(),
  },
  'array<string>': {
    elements: (name) => [
      { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', ...text },
    ],
    encode: same,
    decode: same,
  },
}

const named = Object.entries(tableColumns) as [keyof FiledRow, ColumnType][]
const schema: SchemaElement[] = [
  { name: 'root', num_children: named.length },
  ...named.flatMap(([name, type]) => columns[type].elements(name)),
]

/** A Parquet file of rows, in their order. */
export function encodeRows(rows: readonly FiledRow[]): Uint8Array {
  const columnData = named.map(([name, type]) => ({
    name,
    data: rows.map((row) => (row[name] === null ? null : columns[type].encode(row[name]))),
  }))
  return new Uint8Array(parquetWriteBuffer({ schema, columnData, rowGroupSize: 100_000, createdBy: 'pleura' }))
}

/**
 * The rows of a file that `encodeRows` wrote; columns that an older version did not have are null.
 * @throws {NewerFileError}
 * @throws {Error} when it is no Parquet file
 */
export async function decodeRows(bytes: Uint8Array): Promise<FiledRow[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  const metadata = parquetMetadata(file)
  const inFile = topColumns(metadata.schema)
  const unknown = inFile.filter((name) => !(name in tableColumns))
  if (unknown.length > 0) throw new NewerFileError(`columns of a newer version: ${unknown.join(', ')}`)
  const rows = await parquetReadObjects({ file, metadata })
  for (const row of rows) {
    for (const [name, type] of named) {
      const value = row[name] ?? null
      row[name] = value === null ? null : columns[type].decode(value)
    }
  }
  return rows as unknown as FiledRow[]
}

/** The columns of a schema, which lists its tree depth first. */
function topColumns([root, ...elements]: readonly SchemaElement[]): string[] {
  const names: string[] = []
  let at = 0
  const skip = (): void => {
    const { num_children: children = 0 } = elements[at++]
    for (let child = 0; child < children; child++) skip()
  }
  for (let child = 0; child < (root.num_children ?? 0); child++) {
    names.push(elements[at].name)
    skip()
  }
  return names
}
