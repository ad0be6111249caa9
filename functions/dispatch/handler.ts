import type { OperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import type { Clock, JobQueue } from '../../lib/screening/kernel/ports.ts'
import { type FleetLimits, jobsToSubmit } from '../../lib/screening/screening-job/jobs-to-submit.ts'
import type { DrainJobs } from './drain-jobs.ts'
import { judgeWorkers } from './worker-failures.ts'

/** As long as a drain job may last. Unit: ms. */
const lookBackMs = 12 * 3_600_000

export interface DispatchParts {
  readonly queues: readonly Pick<JobQueue, 'depth'>[]
  readonly jobs: Pick<DrainJobs, 'countActive' | 'listSince' | 'submit'>
  readonly limits: FleetLimits
  readonly clock: Pick<Clock, 'now'>
  readonly telemetry: OperationalLog
}

export interface Dispatched {
  readonly backlog: number
  /** Not asked, and 0, when nothing waits. */
  readonly activeJobs: number
  readonly submitted: number
  /** Workers that failed in a row. */
  readonly failed: number
}

/** Compares what waits with who works, and submits the drain jobs that are missing; while workers fail, with patience. */
export function createHandler({ queues, jobs, limits, clock, telemetry }: DispatchParts): () => Promise<Dispatched> {
  return async () => {
    // Queues are counted before jobs. If they are drained in between, one job too many starts, finds no work and ends.
    const depths = await Promise.all(queues.map((queue) => queue.depth()))
    const backlog = depths.reduce((sum, depth) => sum + depth, 0)
    const dispatched = backlog === 0 ? { backlog, activeJobs: 0, submitted: 0, failed: 0 } : await dispatch(backlog)
    telemetry.log('info', 'dispatched', { ...dispatched })
    return dispatched
  }

  async function dispatch(backlog: number): Promise<Dispatched> {
    const activeJobs = await jobs.countActive()
    const now = clock.now()
    const workers = judgeWorkers(await jobs.listSince(now - lookBackMs), now)
    telemetry.metric('FailedWorkers', workers.count, { HeldBack: String(workers.heldBack) })
    const maximumJobs = Math.min(limits.maximumJobs, workers.maximumJobs)
    const submitted = workers.heldBack ? 0 : jobsToSubmit({ backlog, activeJobs }, { ...limits, maximumJobs })
    for (let job = 0; job < submitted; job++) await jobs.submit()
    return { backlog, activeJobs, submitted, failed: workers.count }
  }
}
