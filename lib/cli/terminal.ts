import cliProgress from 'cli-progress'

export interface Progress {
  step(by?: number): void
  stop(): void
}

/** A bar on standard error when that is a terminal; silence otherwise. */
export function createProgress(total: number, unit: string): Progress {
  if (!process.stderr.isTTY || total === 0) return { step() {}, stop() {} }
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

/** A plain text table; numbers to the right. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column].length)))
  const isNumber = headings.map((_, column) =>
    rows.every((row) => row[column] === '–' || row[column] === '' || /^[\d.,]+( [a-z²]+)?$/.test(row[column])),
  )
  const format = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd()
  return [format(headings), widths.map((width) => '─'.repeat(width)).join('──'), ...rows.map(format)].join('\n')
}
