import { maximumAttempts } from '../../lib/screening/screening-job/delivery-limits.ts'

/** One drain job, as Batch lists it. Times in ms since the Unix epoch. */
export interface ListedJob {
  readonly status: string
  readonly startedAt: number | undefined
  readonly stoppedAt: number | undefined
}

export interface WorkerFailures {
  /** Jobs that failed since a worker last worked well. */
  readonly count: number
  /** Whether no worker may be started for now. */
  readonly heldBack: boolean
  /** Workers that may be at work at a time: one that tries, while it is in doubt whether any can. */
  readonly maximumJobs: number
}

/** A worker that ran so long has started well, whatever ended it. Unit: ms. */
const startsWellMs = 300_000
/** Fewer failures in a row than this delay nobody: one image that ends its worker at every attempt may cause them all. */
const freeFailures = maximumAttempts + 1
const firstHoldMs = 120_000
const longestHoldMs = 900_000

/** From the jobs of the last hours, whether the next may start: the more failed in a row, the longer the wait. */
export function judgeWorkers(jobs: readonly ListedJob[], now: number): WorkerFailures {
  const well = jobs.filter(
    ({ status, startedAt, stoppedAt }) =>
      status === 'SUCCEEDED' || (startedAt !== undefined && (stoppedAt ?? now) - startedAt >= startsWellMs),
  )
  const lastWell = Math.max(0, ...well.map(({ stoppedAt }) => stoppedAt ?? now))
  const failedAt = jobs
    .filter((job) => job.status === 'FAILED' && !well.includes(job))
    .map(({ stoppedAt }) => stoppedAt ?? now)
    .filter((at) => at > lastWell)
  const count = failedAt.length
  if (count < freeFailures) return { count, heldBack: false, maximumJobs: Number.POSITIVE_INFINITY }
  const holdMs = Math.min(firstHoldMs * 2 ** Math.min(count - freeFailures, 10), longestHoldMs)
  return { count, heldBack: now < Math.max(...failedAt) + holdMs, maximumJobs: 1 }
}
