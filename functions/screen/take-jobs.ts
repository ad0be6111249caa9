import type { JobQueue, ReceivedJob } from '../../lib/screening/kernel/ports.ts'
import type { Lane } from '../../lib/screening/screening-job/tenant.ts'

export interface TakenJob {
  readonly job: ReceivedJob
  readonly queue: JobQueue
}

/**
 * Up to `maximum` jobs: those of the stat lane first, routine ones for the rest.
 * @param options.waitMs How long to wait for a routine job when there is none; a stat job waits at most as long.
 */
export async function takeJobs(
  queues: Readonly<Record<Lane, JobQueue>>,
  maximum: number,
  { visibilityMs, waitMs }: { visibilityMs: number; waitMs: number },
): Promise<TakenJob[]> {
  const stat = await queues.stat.receive(maximum, { visibilityMs, waitMs: 0 })
  const taken = stat.map((job) => ({ job, queue: queues.stat }))
  if (taken.length >= maximum) return taken
  try {
    const routine = await queues.routine.receive(maximum - taken.length, {
      visibilityMs,
      waitMs: taken.length === 0 ? waitMs : 0,
    })
    return [...taken, ...routine.map((job) => ({ job, queue: queues.routine }))]
  } catch (error) {
    // What the stat lane gave is under way already.
    if (taken.length > 0) return taken
    throw error
  }
}
