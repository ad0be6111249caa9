import { dirname, relative } from 'node:path'
import { displayPath } from '../adapters/embedded/path-bytes.ts'
import type { ScreeningSummary } from '../embedded/screen-files.ts'
import { isSetAside, type ResultLine } from '../screening/result-documents/result-line.ts'
import type { StudyResult } from '../screening/result-documents/study-result/study-result.ts'
import { formatRow, formatTable } from './terminal.ts'

/** Longer tables are cut on the screen; results.jsonl has every line. */
const shownLines = 60
const longestPath = 34
const shownOfImageId = 12

/** A column of the caller's own, shown last. */
export interface ExtraColumn {
  readonly heading: string
  cell(line: ResultLine): string
}

const headings = ['file', 'image id', 'outcome', 'prob.', 'area', 'side']

/** The table of a run, in the order in which to read: suspected, not analysed, not suspected; by probability within. */
export function formatResults(lines: readonly ResultLine[], extra?: ExtraColumn): string {
  const images = lines.filter((line) => !isSetAside(line)).sort(byUrgency)
  const root = commonFolder(images.map((line) => line.input))
  const rows = images
    .slice(0, shownLines)
    .map((line) => [...cellsOf(line, shorten(relative(root, line.input))), ...(extra ? [extra.cell(line)] : [])])
  const table = formatTable(extra ? [...headings, extra.heading] : headings, rows)
  const hidden = images.length - rows.length
  return [
    ...(root === '.' ? [] : [`Files below ${displayPath(root)}`]),
    table,
    ...(hidden > 0 ? [`… and ${hidden} more, all in results.jsonl`] : []),
  ].join('\n')
}

const studyHeadings = ['study', 'outcome', 'prob.', 'images', 'not analysed', 'decided by']

/** The studies of several images, most urgent first; empty when there is none. */
export function formatStudies(studies: readonly StudyResult[]): string {
  const several = studies.filter(({ counts }) => counts.images > 1).sort(byStudyUrgency)
  if (several.length === 0) return ''
  const rows = several
    .slice(0, shownLines)
    .map((study) => [
      study.studyDigest.slice(0, shownOfImageId),
      [describeStudyOutcome(study), ...study.warnings.map((warning) => warning.replaceAll('-', ' '))].join('; '),
      study.probability?.toFixed(3) ?? '–',
      study.warnings.includes('too-many-images') ? 'too many' : String(study.counts.images),
      study.notAnalysed.map(({ reason, images }) => `${images} ${reason}`).join(', ') || '–',
      study.decidingImage?.slice(0, shownOfImageId) ?? '–',
    ])
  const hidden = several.length - rows.length
  return [
    'Studies of several images',
    formatTable(studyHeadings, rows),
    ...(hidden > 0 ? [`… and ${hidden} more, each in study-results/<studyDigest>/study.json`] : []),
  ].join('\n')
}

const describeStudyOutcome = ({ outcome, discordant }: StudyResult): string =>
  discordant
    ? 'suspected (discordant)'
    : outcome === 'incomplete'
      ? 'incomplete: no negative'
      : outcome.replace('-', ' ')

const studyUrgency = { suspected: 0, incomplete: 1, 'not-analysed': 1, 'not-suspected': 2 } as const

const byStudyUrgency = (a: StudyResult, b: StudyResult): number =>
  studyUrgency[a.outcome] - studyUrgency[b.outcome] || (b.probability ?? 0) - (a.probability ?? 0)

const watchWidths = [longestPath - 2, shownOfImageId, 26, 5, 9, 5]
const watchNumbers = [false, false, false, true, true, false]

/** The head of what `watch` prints: rows come one by one, so its columns have fixed widths. */
export const formatWatchHead = (): string =>
  [...formatRow(headings, watchWidths, watchNumbers), watchWidths.map((width) => '─'.repeat(width)).join('──')].join(
    '\n',
  )

export const formatWatchRow = (line: ResultLine, dir: string): string =>
  formatRow(cellsOf(line, displayPath(relative(dir, line.input))), watchWidths, watchNumbers).join('\n')

/** Counts, and the rate of what was screened now: stored results cost no time. */
export function formatSummary(summary: ScreeningSummary, outDir: string): string {
  const { inputs, setAside, reused, wallMs } = summary
  const screened = inputs - setAside - reused
  const seconds = wallMs / 1000
  const rate = screened > 0 ? ` in ${seconds.toFixed(1)} s (${(screened / seconds).toFixed(1)} a second)` : ''
  return [
    `${plural(inputs - setAside, 'image')}: ${summary.suspected} suspected${summary.discordant > 0 ? ` (${summary.discordant} discordant)` : ''}, ` +
      `${summary.notSuspected} not suspected, ${summary.notAnalysed} not analysed`,
    `${screened} screened now${rate}${reused > 0 ? `; ${reused} finished before or identical to another` : ''}`,
    ...(setAside > 0
      ? [`${setAside} more set aside as no input (no picture, hidden folder, listed already), each in results.jsonl`]
      : []),
    `Results: ${outDir}/results.jsonl; of each image result.json and its documents: ${outDir}/<imageId>/`,
    'For research and prioritisation only. Not for diagnostic use. Not a medical device.',
  ].join('\n')
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

function cellsOf(line: ResultLine, file: string): string[] {
  return [
    file,
    line.imageId?.slice(0, shownOfImageId) ?? '–',
    line.outcome === 'not-analysed' ? `not analysed: ${line.reason}` : describeOutcome(line),
    line.probability?.toFixed(3) ?? '–',
    describeArea(line),
    line.side ?? '–',
  ]
}

const urgency = { suspected: 0, 'not-analysed': 1, 'not-suspected': 2 } as const

const byUrgency = (a: ResultLine, b: ResultLine): number =>
  urgency[a.outcome] - urgency[b.outcome] || (b.probability ?? 0) - (a.probability ?? 0)

/** The folder that all paths lie in, '.' when there is none but the working folder. */
function commonFolder(paths: readonly string[]): string {
  if (paths.length === 0) return '.'
  const folders = paths.map((path) => dirname(path).split('/'))
  let depth = 0
  while (folders.every((parts) => depth < parts.length && parts[depth] === folders[0][depth])) depth++
  return folders[0].slice(0, depth).join('/') || (paths[0].startsWith('/') ? '/' : '.')
}

function describeOutcome(line: ResultLine): string {
  return line.discordant ? 'suspected (discordant)' : line.outcome.replace('-', ' ')
}

function describeArea(line: ResultLine): string {
  if (line.areaMm2 !== null) return `${(line.areaMm2 / 100).toFixed(1)} cm²`
  return line.maskAreaPixels === null ? '–' : `${line.maskAreaPixels.toLocaleString('en')} px`
}

function shorten(path: string): string {
  const shown = displayPath(path)
  return shown.length > longestPath ? `${shown.slice(0, 14)}…${shown.slice(15 - longestPath)}` : shown
}
