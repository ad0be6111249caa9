import { readFile } from 'node:fs/promises'
import { CsvError, parse } from 'csv-parse/sync'
import { ConfigurationError } from '../../screening/kernel/errors.ts'

/** A CSV file: header in lower case and trimmed, cells trimmed. */
export interface Table {
  readonly path: string
  readonly columns: readonly string[]
  readonly rows: readonly Readonly<Record<string, string>>[]
}

/** @throws {ConfigurationError} when the file is missing, empty or not rectangular, with the line */
export async function readTable(path: string): Promise<Table> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigurationError(`Cannot read ${path}. Check that the file exists and may be read.`, { cause })
  }
  try {
    const [header, ...body] = parse(text, { bom: true, trim: true, skip_empty_lines: true }) as string[][]
    if (!header) throw new ConfigurationError(`${path} is empty. It needs a header line and a line for each image.`)
    const columns = header.map((name) => name.toLowerCase())
    const rows = body.map((cells) => Object.fromEntries(columns.map((column, at) => [column, cells[at]])))
    return { path, columns, rows }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    throw new ConfigurationError(
      `${path} is not a well-formed CSV file: ${cause.message}. Every line needs as many cells as the header; quote cells that hold a comma.`,
      { cause },
    )
  }
}

/** The first of several names that the table has. @throws {ConfigurationError} naming them all when it has none */
export function requireColumn(table: Table, names: readonly string[]): string {
  const column = findColumn(table, names)
  if (column === null) {
    throw new ConfigurationError(
      `${table.path} has no column '${names[0]}' (nor ${names.slice(1).join(', ') || 'another name for it'}). It has: ${table.columns.join(', ')}.`,
    )
  }
  return column
}

export function findColumn(table: Table, names: readonly string[]): string | null {
  return names.find((name) => table.columns.includes(name)) ?? null
}

/** One line of CSV. Cells that could be taken for a separator or a quote are quoted. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  const quoted = cells.map((cell) => {
    const text = cell === null ? '' : String(cell)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  })
  return `${quoted.join(',')}\n`
}
