/** Why the system failed with an image, as far as it can tell. The list is part of the contract, as runbooks name it. */
export const failureReasons = [
  'unknown-tenant', // no settings of the job's tenant are deployed
  'unknown-operating-point', // the tenant's operating point is not in the classifier's bundle
  'prepared-study-missing', // never written, or deleted by its lifecycle before a worker came to it
  'unavailable', // store, queue or bus failed again and again
  'ends-its-worker', // each time that the image was screened alone, its worker ended or fell ill: the image is the cause
  'delivered-too-often', // stops, neighbours or outages took its deliveries: nothing is known against the image
  'defect', // anything else
] as const
export type FailureReason = (typeof failureReasons)[number]

/** A defect whose reason is known. */
export class StudyFailure extends Error {
  override readonly name = 'StudyFailure'
  readonly reason: FailureReason

  constructor(reason: FailureReason, options?: ErrorOptions) {
    super(reason, options)
    this.reason = reason
  }
}
