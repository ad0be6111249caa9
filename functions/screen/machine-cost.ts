import type { OperationalLog } from '../../lib/adapters/aws/operational-log.ts'

const msPerHour = 3_600_000
/** How often the cost is reported: what a killed worker leaves unreported is less than this. Unit: ms. */
const tellEveryMs = 60_000

/**
 * Tells what the worker's machine costs, while it starts, works and idles: the sum of a day is what the alarm on spending
 * looks at. The receipts' estimates leave idle times out.
 */
export class MachineCost {
  readonly #hourlyCostUsd: number
  readonly #metric: OperationalLog['metric']
  readonly #executionProvider: string
  #toldMs = 0

  constructor(hourlyCostUsd: number, { metric }: Pick<OperationalLog, 'metric'>, executionProvider: string) {
    this.#hourlyCostUsd = hourlyCostUsd
    this.#metric = metric
    this.#executionProvider = executionProvider
  }

  /** @param upMs Since the process started. */
  beat(upMs: number): void {
    if (upMs - this.#toldMs >= tellEveryMs) this.end(upMs)
  }

  /** Reports what has not been reported yet. */
  end(upMs: number): void {
    const cost = (this.#hourlyCostUsd * (upMs - this.#toldMs)) / msPerHour
    this.#toldMs = upMs
    this.#metric('EstimatedCostUsd', cost, { ExecutionProvider: this.#executionProvider })
  }
}
