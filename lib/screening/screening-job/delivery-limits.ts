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
