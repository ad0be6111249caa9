import type { WorklistRow } from '../../contract/worklist.ts'

export interface WorklistFilter {
  readonly text: string
  /** 'not-analysed:<code>' asks for one reason. */
  readonly outcome: string
  readonly view: string
  readonly reading: string
  /** A day, 'yyyy-mm-dd': waiting since then or later. */
  readonly since: string
  readonly order: 'priority' | 'probability' | 'newest'
}

export const defaultFilter: WorklistFilter = {
  text: '',
  outcome: '',
  view: '',
  reading: '',
  since: '',
  order: 'priority',
}

/** What the reader asked to see, in the order in which to read it. */
export function worklistOrder(rows: readonly WorklistRow[], filter: WorklistFilter): WorklistRow[] {
  return rows.filter((row) => isWanted(row, filter)).sort(orders[filter.order])
}

/** The kinds of row that must never be taken for one another. */
export type OutcomeKind = 'suspected' | 'discordant' | 'not-suspected' | 'not-analysed'
export const outcomeKind = ({ outcome, discordant }: Pick<WorklistRow, 'outcome' | 'discordant'>): OutcomeKind =>
  discordant ? 'discordant' : outcome

function isWanted(row: WorklistRow, { text, outcome, view, reading, since }: WorklistFilter): boolean {
  const [kind, code] = outcome.split(':')
  if (kind && outcomeKind(row) !== kind) return false
  if (code && row.reason?.code !== code) return false
  if (view && (row.viewPosition ?? 'unknown') !== view) return false
  if (reading && row.reading !== reading) return false
  // A row of which nobody knows since when it waits is in every list.
  if (since && row.waitingSince !== null && localDay(row.waitingSince) < since) return false
  const wanted = text.trim().toLowerCase()
  return (
    wanted === '' || row.studyId.startsWith(wanted) || row.names.some((name) => name.toLowerCase().includes(wanted))
  )
}

/** The reader's own day, 'yyyy-mm-dd'. */
function localDay(time: string): string {
  const at = new Date(time)
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

type Comparison = (a: WorklistRow, b: WorklistRow) => number

/** What nobody knows the time of has waited longest. */
const byWaiting: Comparison = (a, b) =>
  compare(a.waitingSince ?? '', b.waitingSince ?? '') || compare(a.studyId, b.studyId)
const priorities: Record<WorklistRow['priority'], number> = { urgent: 0, first: 1, 'in-turn': 2 }
const byPriority: Comparison = (a, b) =>
  Number(a.reading === 'done') - Number(b.reading === 'done') || priorities[a.priority] - priorities[b.priority]

const orders: Record<WorklistFilter['order'], Comparison> = {
  priority: (a, b) => byPriority(a, b) || byWaiting(a, b),
  // A row without a probability is no row with a low one: it comes first.
  probability: (a, b) => (b.probability ?? 2) - (a.probability ?? 2) || byWaiting(a, b),
  newest: (a, b) => -byWaiting(a, b),
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
