import { setTimeout as sleep } from 'node:timers/promises'
import { describeError } from '../../lib/adapters/aws/operational-log.ts'
import type { JobQueue } from '../../lib/screening/kernel/ports.ts'
import type { Lane } from '../../lib/screening/screening-job/tenant.ts'
import { type Answer, type AnswerParts, answerDelivery } from './answer-delivery.ts'
import { Company } from './company.ts'
import { Delivery } from './delivery.ts'
import { type TakenJob, takeJobs } from './take-jobs.ts'
import { WorkerCondition } from './worker-condition.ts'

export interface WorkerParts extends AnswerParts {
  readonly queues: Readonly<Record<Lane, JobQueue>>
  /** Runs the golden files. @throws {Error} when the networks do not answer as they must */
  readonly verify: () => Promise<void>
  /** Called at least every few seconds while the main loop turns. */
  readonly beat: () => void
}

export interface WorkerSettings {
  /** Images under way at a time: some in the network, some being fetched, some being written. */
  readonly maximumUnderWay: number
  readonly visibilityMs: number
  /** The queues may be empty for this long before the worker ends. */
  readonly idleExitMs: number
  /** After a stop, for what is in the network to be finished. @default 20 000 */
  readonly drainMs?: number
  /** No image takes this long: the worker hangs, and ends. @default 300 000 */
  readonly longestImageMs?: number
  /** The queues may fail this often in a row before the worker gives up. @default 10 */
  readonly patience?: number
}

/** How long an idle worker listens, and how often a busy one looks for more. Unit: ms. */
const listenMs = 2_000
const lookMs = 250

/** The worker fails with images that are not at fault. */
export class IllWorkerError extends Error {
  override readonly name = 'IllWorkerError'
}

/**
 * Works both lanes until they have been empty for a while, or until `stopping`: then what the network has not seen is
 * given back, the rest is finished, and what is not finished in time is given back too.
 * @throws {IllWorkerError} when the worker fell ill: everything was given back
 * @throws {Error} when the queues stay unreachable, or an image hangs
 */
export async function workThrough(parts: WorkerParts, settings: WorkerSettings, stopping: AbortSignal): Promise<void> {
  const { clock, telemetry, beat } = parts
  const {
    maximumUnderWay,
    visibilityMs,
    idleExitMs,
    drainMs = 20_000,
    longestImageMs = 300_000,
    patience = 10,
  } = settings
  const underWay = new Map<Delivery, Answer>()
  const condition = new WorkerCondition(parts.verify, telemetry)
  const worker = { company: new Company(), condition, longestImageMs, stopping }
  const ending = AbortSignal.any([stopping, condition.ill])
  const stopped = new Promise<void>((resolve) => {
    if (ending.aborted) resolve()
    else ending.addEventListener('abort', () => resolve(), { once: true })
  })
  // One request brings several images: a request for each that ends would triple what the queues are asked.
  const fewestToAskFor = Math.ceil(maximumUnderWay / 4)
  let lastSeenAt = clock.monotonic()
  let failures = 0

  const start = ({ job, queue }: TakenJob): void => {
    const delivery = new Delivery(queue, job, { clock, visibilityMs, telemetry })
    const { done, withdraw } = answerDelivery(delivery, parts, worker)
    const ended = done.finally(() => {
      underWay.delete(delivery)
      lastSeenAt = clock.monotonic()
    })
    underWay.set(delivery, { done: ended, withdraw })
  }
  const allDone = (): Promise<void>[] => [...underWay.values()].map(({ done }) => done)
  const waitForOne = (ms: number): Promise<unknown> => Promise.race([stopped, sleep(ms), ...allDone()])

  while (!ending.aborted) {
    beat()
    const oldest = underWay.keys().next().value
    if (oldest && clock.monotonic() - oldest.receivedAt > longestImageMs) {
      for (const delivery of underWay.keys()) delivery.abandon()
      throw new Error(`an image has been under way for more than ${longestImageMs} ms`)
    }
    const free = maximumUnderWay - underWay.size
    if (free < fewestToAskFor) {
      await waitForOne(1_000)
      continue
    }
    let taken: TakenJob[] = []
    try {
      const waitMs = underWay.size > 0 ? 0 : Math.min(listenMs, idleExitMs)
      taken = await takeJobs(parts.queues, free, { visibilityMs, waitMs })
      failures = 0
    } catch (error) {
      telemetry.log('warn', 'receive-failed', describeError(error))
      if (++failures === patience) throw error
      await waitForOne(lookMs * failures)
      continue
    }
    // Stopped while listening: an image that nobody has begun goes to the next worker at once.
    if (ending.aborted) await Promise.allSettled(taken.map(({ job, queue }) => queue.extend(job.receipt, 0)))
    else taken.forEach(start)
    if (taken.length > 0) continue
    if (underWay.size > 0) await waitForOne(lookMs)
    else if (clock.monotonic() - lastSeenAt >= idleExitMs) return
  }

  telemetry.log('info', 'draining', { underWay: underWay.size })
  await Promise.race([Promise.all(allDone()), sleep(drainMs)])
  await Promise.all([...underWay.values()].map(({ withdraw }) => withdraw()))
  if (condition.ill.aborted) throw new IllWorkerError('the worker fails with images that are not at fault')
}
