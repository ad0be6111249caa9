export type ProfileName = 'gpu' | 'warm' | 'cpu'

/** What the simulation knows of a fleet. Times in seconds. */
export interface Fleet {
  /** Images a worker finishes in a second. */
  readonly throughput: number
  /** From asking for a machine to its container's start; drawn evenly between both. */
  readonly bootSeconds: readonly [number, number]
  /** From the container's start to the first image: models, session, golden files. */
  readonly startSeconds: readonly [number, number]
  /** A job ends when both queues have been empty for this long. */
  readonly idleExitSeconds: number
  /** A machine without a job is kept and paid for this long; another job finds it booted. */
  readonly scaleInSeconds: number
  readonly imagesPerJob: number
  readonly maximumJobs: number
  /** The share of machines that spot can give; the others are on demand. */
  readonly spotShare: number
  /** How often an hour of a spot machine ends early. */
  readonly interruptionsPerHour: number
  /** One machine stands ready on working days between these hours; null: never. */
  readonly warmHours: readonly [number, number] | null
  /** From an upload to its job in the queue. */
  readonly preprocessSeconds: number
  readonly tickSeconds: number
  /** A prepared study wakes the dispatcher after at most this long. */
  readonly wakeSeconds: number
}

const shared = {
  imagesPerJob: 500,
  maximumJobs: 4,
  spotShare: 0.9,
  interruptionsPerHour: 0.05,
  preprocessSeconds: 1.5,
  tickSeconds: 60,
  wakeSeconds: 5,
}

/**
 * The three profiles. The CPU's throughput was measured (`npm run bench`: 3.8 images a second with one process on this
 * project's two-core machine, taken for a task of 4 vCPUs); the GPU's and all times of AWS are assumed: no GPU and no
 * account were at hand.
 */
export const fleets: Readonly<Record<ProfileName, Fleet>> = {
  gpu: {
    ...shared,
    throughput: 12,
    bootSeconds: [150, 300],
    startSeconds: [15, 30],
    idleExitSeconds: 120,
    scaleInSeconds: 300,
    warmHours: null,
  },
  warm: {
    ...shared,
    throughput: 12,
    bootSeconds: [150, 300],
    startSeconds: [15, 30],
    idleExitSeconds: 900,
    scaleInSeconds: 300,
    warmHours: [7, 19],
  },
  cpu: {
    ...shared,
    throughput: 3.8,
    bootSeconds: [30, 60],
    startSeconds: [3, 8],
    idleExitSeconds: 60,
    scaleInSeconds: 0,
    warmHours: null,
  },
}
