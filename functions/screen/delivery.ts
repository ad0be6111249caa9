import type { OperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { describeError } from '../../lib/adapters/aws/operational-log.ts'
import type { Clock, JobQueue, ReceivedJob } from '../../lib/screening/kernel/ports.ts'

export interface DeliveryContext {
  readonly clock: Clock
  readonly visibilityMs: number
  readonly telemetry: OperationalLog
}

/** A message under way: kept invisible by heartbeats until it is acknowledged or given back. */
export class Delivery {
  readonly messageId: string
  readonly body: string
  /** 1 on the first delivery. */
  readonly receiveCount: number
  readonly receivedAt: number
  readonly #queue: JobQueue
  readonly #job: ReceivedJob
  readonly #context: DeliveryContext
  readonly #heartbeat: NodeJS.Timeout
  #renewedAt: number
  #ended = false

  constructor(queue: JobQueue, job: ReceivedJob, context: DeliveryContext) {
    this.messageId = job.messageId
    this.body = job.body
    this.receiveCount = job.receiveCount
    this.#queue = queue
    this.#job = job
    this.#context = context
    this.receivedAt = this.#renewedAt = context.clock.monotonic()
    this.#heartbeat = setInterval(() => void this.#renew(), context.visibilityMs / 3)
  }

  /** False once the message may have gone to another worker: what is left to do is that one's. */
  get isHeld(): boolean {
    const { clock, visibilityMs } = this.#context
    return !this.#ended && clock.monotonic() - this.#renewedAt < visibilityMs
  }

  async acknowledge(): Promise<void> {
    this.#end()
    await this.#queue.acknowledge(this.#job.receipt)
  }

  /** Makes the message a dead letter. @returns false, and nothing done, when it may be another worker's by now */
  async setAside(): Promise<boolean> {
    const held = this.isHeld
    this.#end()
    if (held) await this.#queue.setAside(this.#job)
    return held
  }

  /** Does nothing when the message may be another worker's by now. @param visibleInMs 0: for the next worker at once */
  async giveBack(visibleInMs: number): Promise<void> {
    const held = this.isHeld
    this.#end()
    if (held) await this.#queue.extend(this.#job.receipt, visibleInMs)
  }

  /** Nothing more is done with the message: its visibility ends by itself. */
  abandon(): void {
    this.#end()
  }

  #end(): void {
    this.#ended = true
    clearInterval(this.#heartbeat)
  }

  async #renew(): Promise<void> {
    // Too late: extending now could take the message from the worker that has it.
    if (!this.isHeld) return this.#end()
    const { clock, visibilityMs, telemetry } = this.#context
    const asked = clock.monotonic()
    try {
      await this.#queue.extend(this.#job.receipt, visibilityMs)
      this.#renewedAt = asked
    } catch (error) {
      telemetry.log('warn', 'heartbeat-failed', describeError(error))
    }
  }
}
