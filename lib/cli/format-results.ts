import { basename } from 'node:path'
import type { ScreeningSummary } from '../embedded/screen-files.ts'
import type { ResultLine } from '../screening/result-documents/result-line.ts'
import { formatTable } from './terminal.ts'

/** Longer tables are cut on the screen; results.jsonl has every line. */
const shownLines = 60

/** A column of the caller's own, shown last. */
export interface ExtraColumn {
  readonly heading: string
  cell(line: ResultLine): string
}

export function formatResults(lines: readonly ResultLine[], extra?: ExtraColumn): string {
  const rows = lines
    .slice(0, shownLines)
    .map((line) => [
      shorten(basename(line.input)),
      line.outcome === 'not-analysed' ? `not analysed: ${line.reason}` : describeOutcome(line),
      line.probability?.toFixed(3) ?? '–',
      describeArea(line),
      line.side ?? '–',
      line.timingsMs.total === undefined ? '–' : `${Math.round(line.timingsMs.total)} ms`,
      ...(extra ? [extra.cell(line)] : []),
    ])
  const headings = ['file', 'outcome', 'probability', 'area', "patient's side", 'time']
  const table = formatTable(extra ? [...headings, extra.heading] : headings, rows)
  const hidden = lines.length - rows.length
  return hidden > 0 ? `${table}\n… and ${hidden} more, all in results.jsonl` : table
}

export function formatSummary(summary: ScreeningSummary, outDir: string): string {
  const perSecond = (summary.inputs / (summary.wallMs / 1000)).toFixed(1)
  return [
    `${summary.inputs} inputs in ${(summary.wallMs / 1000).toFixed(1)} s (${perSecond} a second): ` +
      `${summary.suspected} suspected${summary.discordant > 0 ? ` (${summary.discordant} discordant)` : ''}, ` +
      `${summary.notSuspected} not suspected, ${summary.notAnalysed} not analysed` +
      (summary.reused > 0 ? `; ${summary.reused} finished before` : ''),
    `Results: ${outDir}/results.jsonl, and per image ${outDir}/<imageId>/result.json, mask.png, overlay.png`,
    'For research and prioritisation only. Not for diagnostic use. Not a medical device.',
  ].join('\n')
}

function describeOutcome(line: ResultLine): string {
  return line.discordant ? 'suspected (discordant)' : line.outcome.replace('-', ' ')
}

function describeArea(line: ResultLine): string {
  if (line.areaMm2 !== null) return `${Math.round(line.areaMm2).toLocaleString('en')} mm²`
  return line.maskAreaPixels === null ? '–' : `${line.maskAreaPixels.toLocaleString('en')} px`
}

function shorten(name: string): string {
  return name.length > 36 ? `${name.slice(0, 14)}…${name.slice(-21)}` : name
}
