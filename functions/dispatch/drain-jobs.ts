import { type BatchClient, JobStatus, paginateListJobs, SubmitJobCommand } from '@aws-sdk/client-batch'

import type { ListedJob } from './worker-failures.ts'

/** Jobs of these states take messages or will; in the order in which a job passes through them. */
const activeStates = [JobStatus.SUBMITTED, JobStatus.PENDING, JobStatus.RUNNABLE, JobStatus.STARTING, JobStatus.RUNNING]

/** Drain jobs: each loads the networks once and works the queues until they have been empty for a while. */
export class DrainJobs {
  readonly #client: BatchClient
  readonly #jobQueue: string
  readonly #jobDefinition: string

  constructor(client: BatchClient, jobQueue: string, jobDefinition: string) {
    this.#client = client
    this.#jobQueue = jobQueue
    this.#jobDefinition = jobDefinition
  }

  /** One state after the other, so that a job that moves on meanwhile is counted twice at worst, never missed. */
  async countActive(): Promise<number> {
    let count = 0
    for (const state of activeStates) count += await this.#count(state)
    return count
  }

  /** @param createdAfter Unit: ms since the Unix epoch. */
  async listSince(createdAfter: number): Promise<ListedJob[]> {
    const jobs: ListedJob[] = []
    for await (const { jobSummaryList = [] } of paginateListJobs(
      { client: this.#client },
      // With a filter Batch answers with jobs of every state.
      { jobQueue: this.#jobQueue, filters: [{ name: 'AFTER_CREATED_AT', values: [String(createdAfter)] }] },
    )) {
      for (const { status = '', startedAt, stoppedAt } of jobSummaryList) jobs.push({ status, startedAt, stoppedAt })
    }
    return jobs
  }

  async submit(): Promise<void> {
    await this.#client.send(
      new SubmitJobCommand({ jobName: 'drain', jobQueue: this.#jobQueue, jobDefinition: this.#jobDefinition }),
    )
  }

  async #count(jobStatus: JobStatus): Promise<number> {
    let count = 0
    for await (const { jobSummaryList } of paginateListJobs(
      { client: this.#client },
      { jobQueue: this.#jobQueue, jobStatus },
    )) {
      count += jobSummaryList?.length ?? 0
    }
    return count
  }
}
