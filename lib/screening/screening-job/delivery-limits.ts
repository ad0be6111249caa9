/**
 * Attempts at an image before its job becomes a dead letter. Only those count that the image is to blame for: failures
 * of its own, and crashes of a worker that had no other image under way.
 */
export const maximumAttempts = 4

/**
 * Deliveries after which the queue itself makes a job a dead letter (maxReceiveCount). Only an outer bound: a worker
 * that is stopped or crashed by another image, and a store that fails for now, cost a delivery too.
 */
export const maximumDeliveries = 100

/**
 * Deliveries of a notification or an upload after which it becomes a dead letter: half an hour of retries. Only
 * defects, and uploads that crash the function, use them up; after a transient failure the upload is sent again as a
 * new message.
 */
export const maximumUploadDeliveries = 12

/**
 * Concurrent invocations of preprocessing: for notifications (`sorted` into their lanes), and for uploads of each lane.
 */
export const uploadsAtATime = { sorted: 5, stat: 15, routine: 40 } as const

/**
 * Retention of messages, the longest that SQS allows. It counts from when a message was sent: one that the queue itself
 * moves to the dead letters keeps its age, one that a program sends there starts anew. Unit: days.
 */
export const queueDays = 14
