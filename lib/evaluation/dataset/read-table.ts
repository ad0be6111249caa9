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
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw new ConfigurationError(`Cannot read ${path}. Check that the file exists and may be read.`, { cause })
  }
  if (isUtf16(bytes)) {
    throw new ConfigurationError(`${path} is written in UTF-16. Save it as UTF-8 ('CSV UTF-8' in a spreadsheet).`)
  }
  const text = bytes.toString('utf8')
  try {
    const [header, ...body] = parse(text, { bom: true, trim: true, skip_empty_lines: true }) as string[][]
    if (!header) throw new ConfigurationError(`${path} is empty. It needs a header line and a line for each image.`)
    const columns = header.map((name) => name.toLowerCase())
    const twice = columns.find((name, at) => name !== '' && columns.indexOf(name) !== at)
    if (twice !== undefined) {
      throw new ConfigurationError(
        `${path} has two columns '${twice}'. Remove or rename one: which of them counts is not for us to guess.`,
      )
    }
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

/** By its byte-order mark, or by the zero that every other byte of its header is. */
function isUtf16(bytes: Buffer): boolean {
  const mark = bytes.length >= 2 ? bytes.readUInt16BE(0) : 0
  return mark === 0xfffe || mark === 0xfeff || bytes.subarray(0, 200).includes(0)
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
