import { Duration } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { maximumDeliveries, maximumUploadDeliveries } from '../../screening/screening-job/delivery-limits.ts'
import { WatchedQueue } from '../constructs/watched-queue.ts'

/** A frame at its time limit of a minute (`frame-limits.ts`), and half as long for all else. */
export const preprocessTimeout = Duration.seconds(90)
/**
 * How long an upload waits whose function was killed in mid-work. Lambda advises six times the function's time for batches
 * that it may have to try again itself; an upload is a batch of its own, and its invocations are limited where they begin.
 */
const uploadVisibility = Duration.seconds(2 * preprocessTimeout.toSeconds())
/** How long the images of a worker that was killed wait for the next one; heartbeats renew it at a third. */
export const screenVisibility = Duration.minutes(2)

export interface Queues {
  /** Notifications of S3. Its dead letters are those of the lanes of uploads too. */
  readonly uploads: WatchedQueue
  /** The lanes of uploads, before preprocessing. */
  readonly statUploads: WatchedQueue
  readonly routineUploads: WatchedQueue
  /** The lanes of jobs, behind it. */
  readonly stat: WatchedQueue
  readonly routine: WatchedQueue
}

export function createQueues(scope: Construct, key: IKey): Queues {
  const waiting = { key, visibility: uploadVisibility, maximumReceives: maximumUploadDeliveries }
  const uploads = new WatchedQueue(scope, 'Uploads', waiting)
  // One dead-letter queue for notifications and uploads: one place to look.
  const { deadLetters } = uploads
  const lane = { key, visibility: screenVisibility, maximumReceives: maximumDeliveries }
  return {
    uploads,
    statUploads: new WatchedQueue(scope, 'StatUploads', { ...waiting, deadLetters }),
    routineUploads: new WatchedQueue(scope, 'RoutineUploads', { ...waiting, deadLetters }),
    stat: new WatchedQueue(scope, 'Stat', lane),
    routine: new WatchedQueue(scope, 'Routine', lane),
  }
}
