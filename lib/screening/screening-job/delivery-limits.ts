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
 * Deliveries of a notification or an upload after which it is a dead letter, half an hour: of defects, and of uploads that
 * end their function. What failed for now comes as a new message.
 */
export const maximumUploadDeliveries = 12

/** Invocations of preprocessing at a time: notifications that are sorted into their lanes, and uploads of each lane. */
export const uploadsAtATime = { sorted: 5, stat: 15, routine: 40 } as const

/**
 * How long SQS keeps a message, the longest it can. It counts from the sending: a message that the queue itself sets aside
 * brings its age along, one that a program sends to the dead letters starts anew. Unit: days.
 */
export const queueDays = 14
