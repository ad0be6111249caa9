import { maximumAttempts } from '../../lib/screening/screening-job/delivery-limits.ts'
import type { AttemptRecord } from './attempt-record.ts'
import { chargesOf, type Standing } from './attempt-record.ts'
import type { Company } from './company.ts'
import type { FailureReason } from './study-failure.ts'
import type { WorkerCondition } from './worker-condition.ts'

/** The delivery ended without an answer, by no fault of the image. */
export class Released extends Error {
  override readonly name = 'Released'
  /** Unit: ms. */
  readonly visibleInMs: number

  constructor(because: string, visibleInMs = 0) {
    super(because)
    this.visibleInMs = visibleInMs
  }
}

/** Nothing more is tried: the last attempt ended its worker, so that nobody was left to set the job aside. */
export class AttemptsUsedUp extends Error {
  override readonly name = 'AttemptsUsedUp'
  readonly standing: Standing

  constructor(standing: Standing) {
    super('every attempt has failed or ended its worker')
    this.standing = standing
  }

  /** An image that failed too, with its worker well, is not told as one that ends workers. */
  get reason(): FailureReason {
    return this.standing.lastFailure ?? 'ends-its-worker'
  }
}

export interface AttemptParts {
  readonly record: AttemptRecord
  readonly company: Company
  readonly condition: WorkerCondition
  /** @throws {Released} when the image is not this worker's any more */
  readonly assertHeld: () => void
  /** How long a message waits for another one of the same image. Unit: ms. */
  readonly retryMs: number
}

/**
 * Runs what computes, and may end the worker, as one attempt at the image: beside others, or alone after a worker has
 * ended with it. An error leaves the attempt open: whoever catches it knows whose fault it was.
 * @throws {Released} when it was not begun
 * @throws {AttemptsUsedUp} when it will not be begun any more
 */
export async function runAttempt<T>(work: () => Promise<T>, parts: AttemptParts): Promise<T> {
  const { record, company, condition, assertHeld, retryMs } = parts
  const inside = async (alone: boolean, begin: () => Promise<boolean>): Promise<{ value: T } | null> => {
    const leave = await company.enter(alone)
    try {
      assertHeld()
      if (!(await begin())) return null
      const value = await work()
      await record.markComputed()
      return { value }
    } catch (error) {
      // Before the place is given up: the next image that is screened alone has to see the worker checked first.
      condition.doubt()
      throw error
    } finally {
      leave()
    }
  }

  const first = await inside(false, () => record.beginFirst())
  if (first) return first.value
  const standing = await record.read()
  if (standing.underWayElsewhere) throw new Released('under-way-elsewhere', retryMs)
  if (chargesOf(standing) >= maximumAttempts) throw new AttemptsUsedUp(standing)
  const next = await inside(standing.suspected, async () => {
    // Alone only in a worker that is known to be well: if it is ill afterwards, the image is the cause.
    if (standing.suspected && !(await condition.isWell())) throw new Released('worker-ill')
    return record.beginNext(standing.suspected)
  })
  if (next) return next.value
  throw new Released('under-way-elsewhere', retryMs)
}
