/**
 * Attempts at an image that may be held against it, before its job is set aside as a dead letter: failures of its own,
 * and ends of a worker in which nothing else was under way.
 */
export const maximumAttempts = 4

/**
 * Deliveries after which the queue itself sets a job aside. Only an outer bound: a stop, a killed neighbour or a store
 * that fails for now cost a delivery too, and are nobody's fault.
 */
export const maximumDeliveries = 100

/**
 * Deliveries of a notification or an upload after which it becomes a dead letter: half an hour of retries. Only defects,
 * and uploads that crash the function, use them up; after a transient failure the upload is sent again as a new message.
 */
export const maximumUploadDeliveries = 12

/** Concurrent invocations of preprocessing: for notifications (`sorted` into their lanes), and for uploads of each lane. */
export const uploadsAtATime = { sorted: 5, stat: 15, routine: 40 } as const

/**
 * How long SQS keeps a message, the longest it can. It counts from the sending: a message that the queue itself sets aside
 * brings its age along, one that a program sends to the dead letters starts anew. Unit: days.
 */
export const queueDays = 14
