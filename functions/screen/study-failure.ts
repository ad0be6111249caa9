/** Why the system failed with an image, as far as it can tell. The list is part of the contract, as runbooks name it. */
export type FailureReason =
  | 'unknown-tenant' // no settings of the job's tenant are deployed
  | 'unknown-operating-point' // the tenant's operating point is not in the classifier's bundle
  | 'prepared-study-missing' // never written, or deleted by its lifecycle before a worker came to it
  | 'unavailable' // store, queue or bus failed again and again
  | 'worker-ended' // on its last delivery, and no worker has lived to tell: the image may crash them
  | 'defect' // anything else

/** A defect whose reason is known. */
export class StudyFailure extends Error {
  override readonly name = 'StudyFailure'
  readonly reason: FailureReason

  constructor(reason: FailureReason, options?: ErrorOptions) {
    super(reason, options)
    this.reason = reason
  }
}
