import type { TargetSummary } from '../embedded/deliver/deliveries.ts'
import { formatTable } from './terminal.ts'

/** Whether something wants attention. @param options.isWaitingLeft Whether what waits on is something left */
export const isAnythingLeft = (
  summary: readonly TargetSummary[],
  unreadableResults: number,
  { isWaitingLeft }: { isWaitingLeft: boolean },
): boolean => unreadableResults > 0 || summary.some(({ dead, waiting }) => dead > 0 || (isWaitingLeft && waiting > 0))

/** What became of the deliveries, one row a target. */
export function formatDeliverySummary(summary: readonly TargetSummary[], unreadableResults: number): string {
  const table = formatTable(
    ['target', 'kind', 'delivered', 'nothing to send', 'superseded', 'waiting', 'dead'],
    summary.map(({ target, kind, ...counts }) => [
      target,
      kind,
      ...[counts.delivered, counts.nothingToSend, counts.superseded, counts.waiting, counts.dead].map(String),
    ]),
  )
  const notes = [
    ...(summary.some(({ dead }) => dead > 0) ? ['What is dead: --list-dead; send it again: --redeliver dead.'] : []),
    ...(unreadableResults > 0 ? [`${unreadableResults} results cannot be read; the log names their images.`] : []),
  ]
  return [table, ...notes].join('\n')
}
