import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { absoluteStartsRemedy, areAbsolute, countSteps } from './absolute-starts.ts'
import { imageKeyOf } from './image-key.ts'
import { findColumn, readTable, requireColumn, type Table } from './read-table.ts'

/** The masks of a data set as run lengths; an image annotated by several readers has several. */
export interface Annotations {
  readonly rowCount: number
  /** Rows beyond the first of an image. */
  readonly duplicateCount: number
  /** Per image the run-length codes that are not '-1'; an empty list: annotated as without pneumothorax. */
  readonly runLengths: ReadonlyMap<string, readonly string[]>
  readonly problems: readonly string[]
}

const imageColumns = ['imageid', 'image_id', 'id', 'image'] as const
const codeColumns = ['encodedpixels', 'encoded_pixels', 'rle', 'run_length'] as const

const empty: readonly string[] = ['-1', '-1.0']
/** How pandas and others write an empty cell: it says nothing, least of all 'no pneumothorax'. */
const missing: readonly string[] = ['', 'nan', 'na', 'null', 'none']

export const hasRunLengths = (table: Table): boolean => findColumn(table, codeColumns) !== null

/** Of all codes of a table together. */
const telltaleSteps = 3

/** @throws {ConfigurationError} when the file cannot be read, lacks a column, or has absolute starts throughout */
export async function readAnnotations(path: string): Promise<Annotations> {
  const annotations = parseAnnotations(await readTable(path))
  const counted = [...annotations.runLengths.values()].flat().map(countSteps)
  const all = {
    steps: counted.reduce((sum, { steps }) => sum + steps, 0),
    increasing: counted.reduce((sum, { increasing }) => sum + increasing, 0),
  }
  if (areAbsolute(all, telltaleSteps)) {
    throw new ConfigurationError(
      `The run lengths of ${path} look as if their starts were absolute: each lies beyond the run before it. ${absoluteStartsRemedy}`,
    )
  }
  return annotations
}

export function parseAnnotations(table: Table): Annotations {
  const imageColumn = requireColumn(table, imageColumns)
  const codeColumn = requireColumn(table, codeColumns)
  const runLengths = new Map<string, string[]>()
  const emptyToo = new Set<string>()
  const problems: string[] = []
  let annotatedRows = 0
  table.rows.forEach((row, at) => {
    const key = imageKeyOf(row[imageColumn])
    const code = row[codeColumn]
    if (key === '') {
      problems.push(`row ${at + 2}: no image is named`)
      return
    }
    if (missing.includes(code.toLowerCase())) {
      const written = code === '' ? '' : ` ('${code}')`
      problems.push(`${key}: the run-length code is missing${written} (row ${at + 2}); -1 says 'none'`)
      return
    }
    annotatedRows++
    const known = runLengths.get(key) ?? []
    runLengths.set(key, known)
    if (empty.includes(code)) emptyToo.add(key)
    else known.push(code)
  })
  for (const key of emptyToo) {
    if (runLengths.get(key)!.length > 0) problems.push(`${key}: both '-1' and a mask are given; the mask counts`)
  }
  return {
    rowCount: table.rows.length,
    duplicateCount: annotatedRows - runLengths.size,
    runLengths,
    problems,
  }
}
