import type { OperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import type { JobQueue } from '../../lib/screening/kernel/ports.ts'
import { type FleetLimits, jobsToSubmit } from '../../lib/screening/screening-job/jobs-to-submit.ts'
import type { DrainJobs } from './drain-jobs.ts'

export interface DispatchParts {
  readonly queues: readonly Pick<JobQueue, 'depth'>[]
  readonly jobs: Pick<DrainJobs, 'countActive' | 'submit'>
  readonly limits: FleetLimits
  readonly telemetry: OperationalLog
}

export interface Dispatched {
  readonly backlog: number
  /** Not asked, and 0, when nothing waits. */
  readonly activeJobs: number
  readonly submitted: number
}

/** Compares what waits with who works, and submits the drain jobs that are missing. */
export function createHandler({ queues, jobs, limits, telemetry }: DispatchParts): () => Promise<Dispatched> {
  return async () => {
    // Queues are counted before jobs: drained in between, they cost a job too many, which finds no work and ends.
    const depths = await Promise.all(queues.map((queue) => queue.depth()))
    const backlog = depths.reduce((sum, depth) => sum + depth, 0)
    const activeJobs = backlog === 0 ? 0 : await jobs.countActive()
    const submitted = jobsToSubmit({ backlog, activeJobs }, limits)
    for (let job = 0; job < submitted; job++) await jobs.submit()
    const dispatched = { backlog, activeJobs, submitted }
    telemetry.log('info', 'dispatched', { ...dispatched })
    return dispatched
  }
}
