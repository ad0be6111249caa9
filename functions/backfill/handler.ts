import type { OperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { topUpEveryMs } from '../../lib/screening/backfill/cloud-backfill.ts'
import { type FeedParts, feed } from './feed.ts'

export interface HandlerParts extends FeedParts {
  readonly sleep: (ms: number) => Promise<unknown>
  readonly telemetry: Pick<OperationalLog, 'log'>
}

/** What is looked at of how the function is called. */
export interface Invocation {
  getRemainingTimeInMillis(): number
}

/** What one topping up may take. Unit: ms. */
const reserveMs = 20_000

/** Tops the lane up now and then for as long as its time allows; the next tick goes on. Ends at once where nothing is to do. */
export function createHandler(parts: HandlerParts): (tick: unknown, invocation: Invocation) => Promise<number> {
  return async (_, invocation) => {
    let fed = 0
    for (;;) {
      const now = await feed(parts)
      fed += now ?? 0
      if (now === null || invocation.getRemainingTimeInMillis() < topUpEveryMs + reserveMs) break
      await parts.sleep(topUpEveryMs)
    }
    if (fed > 0) parts.telemetry.log('info', 'fed', { images: fed })
    return fed
  }
}
