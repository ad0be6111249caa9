export type ProfileName = 'gpu' | 'warm' | 'cpu'

/** What the simulation knows of a fleet. Times in seconds. */
export interface Fleet {
  /** Images a worker finishes in a second when its batches are full. */
  readonly throughput: number
  /** Largest batch, of what waits when the network is free; MAXIMUM_BATCH of the worker. */
  readonly maximumBatch: number
  /** Images a second in batches of one; the time of a batch in between is interpolated linearly. */
  readonly singleThroughput: number
  /** What an image takes before and after the network: fetching, decoding, pictures, documents. Others run meanwhile. */
  readonly besideSeconds: number
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
  /** Mean number of interruptions in an hour of a running spot machine. */
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
  maximumBatch: 8,
  imagesPerJob: 500,
  maximumJobs: 4,
  spotShare: 0.9,
  interruptionsPerHour: 0.05,
  preprocessSeconds: 1.5,
  tickSeconds: 60,
  wakeSeconds: 5,
}

const gpu: Fleet = {
  ...shared,
  throughput: 12,
  singleThroughput: 8,
  besideSeconds: 0.3,
  bootSeconds: [150, 300],
  startSeconds: [15, 30],
  idleExitSeconds: 120,
  scaleInSeconds: 300,
  warmHours: null,
}

/**
 * The three profiles. What a CPU worker does was measured (`npm run bench -- --only cost`, one thread for the networks
 * on this project's two-core machine, every image suspected) and is taken for a task of 4 vCPUs; the GPU's numbers and
 * all times of AWS are assumed: no GPU and no account were at hand.
 */
export const fleets: Readonly<Record<ProfileName, Fleet>> = {
  gpu,
  warm: { ...gpu, idleExitSeconds: 900, warmHours: [7, 19] },
  cpu: {
    ...shared,
    throughput: 6.6,
    singleThroughput: 8.4,
    besideSeconds: 0.17,
    bootSeconds: [30, 60],
    startSeconds: [3, 8],
    idleExitSeconds: 60,
    scaleInSeconds: 0,
    warmHours: null,
  },
}
