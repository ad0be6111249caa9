import cliProgress from 'cli-progress'
import { displayPath } from '../adapters/embedded/path-bytes.ts'
import { logFormatOf } from './standard-error.ts'

export interface Progress {
  step(by?: number): void
  stop(): void
}

/** A bar on standard error when that is a terminal and carries no JSON; silence otherwise. */
export function createProgress(total: number, unit: string): Progress {
  if (!process.stderr.isTTY || total === 0 || logFormatOf(process.argv) === 'json') return { step() {}, stop() {} }
  const bar = new cliProgress.SingleBar({
    format: `{bar} {percentage}% | {value}/{total} ${unit} | {eta_formatted} left`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    stream: process.stderr,
    clearOnComplete: false,
  })
  bar.start(total, 0)
  return {
    step: (by = 1) => bar.increment(by),
    stop: () => bar.stop(),
  }
}

/** Unit: columns of a terminal. */
const tableWidth = 100
const narrowestColumn = 16

/** A plain text table of at most 100 columns: numbers to the right, the widest text broken over lines where need be. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumber = headings.map((_, column) =>
    rows.every((row) => row[column] === '–' || row[column] === '' || /^[\d.,]+( [a-z²]+)?$/.test(row[column])),
  )
  const widths = fitted(
    headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column].length))),
    isNumber,
  )
  return [
    ...formatRow(headings, widths, isNumber),
    widths.map((width) => '─'.repeat(width)).join('──'),
    ...rows.flatMap((row) => formatRow(row, widths, isNumber)),
  ].join('\n')
}

const shownNotes = 10

/** What a report holds of problems, the first of them. */
export const formatNotes = (problems: readonly string[]): string[] => [
  ...problems.slice(0, shownNotes).map((problem) => `note: ${displayPath(problem)}`),
  ...(problems.length > shownNotes ? [`… and ${problems.length - shownNotes} more notes, in the report`] : []),
]

/** One row, of several lines where a cell is wider than its column. */
export function formatRow(
  cells: readonly string[],
  widths: readonly number[],
  isNumber: readonly boolean[] = [],
): string[] {
  const broken = cells.map((cell, column) => breakText(cell, widths[column]))
  const height = Math.max(...broken.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) =>
    broken
      .map((lines, column) => {
        const text = lines[line] ?? ''
        return isNumber[column] ? text.padStart(widths[column]) : text.padEnd(widths[column])
      })
      .join('  ')
      .trimEnd(),
  )
}

function fitted(widths: readonly number[], isNumber: readonly boolean[]): number[] {
  const narrowed = [...widths]
  const excess = () => narrowed.reduce((sum, width) => sum + width + 2, -2) - tableWidth
  while (excess() > 0) {
    const widest = Math.max(...narrowed.filter((_, column) => !isNumber[column]))
    if (widest <= narrowestColumn) break
    narrowed[narrowed.findIndex((width, column) => width === widest && !isNumber[column])]--
  }
  return narrowed
}

/** Between words where there are any, within a word that is too long by itself. */
function breakText(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(/(?<= )/)) {
    for (const piece of word.match(new RegExp(`.{1,${width}}`, 'gsu')) ?? []) {
      if (lines[lines.length - 1].length + piece.trimEnd().length > width) lines.push('')
      lines[lines.length - 1] += piece
    }
  }
  return lines.map((line) => line.trimEnd())
}
