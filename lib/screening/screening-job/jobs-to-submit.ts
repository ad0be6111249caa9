export interface FleetState {
  /** Messages of both queues, visible or in flight. */
  readonly backlog: number
  /** Drain jobs that wait, start or run. */
  readonly activeJobs: number
}

export interface FleetLimits {
  /** Images one drain job is expected to take. */
  readonly imagesPerJob: number
  readonly maximumJobs: number
}

/**
 * How many drain jobs are missing: as many as the backlog asks for, less those that are there, never above the limit.
 * Idempotent: once the jobs of its answer are active, it answers 0.
 */
export function jobsToSubmit({ backlog, activeJobs }: FleetState, { imagesPerJob, maximumJobs }: FleetLimits): number {
  const wanted = Math.min(Math.ceil(backlog / imagesPerJob), maximumJobs)
  return Math.max(0, wanted - activeJobs)
}
