import { describeError, type OperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { TransientError } from '../../lib/screening/kernel/errors.ts'
import type { StudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { parseStudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import type { Delivery } from './delivery.ts'
import { reasonOf, writeFailure } from './failure-document.ts'
import { type Claim, type ScreeningParts, screenStudy } from './screen-study.ts'

export interface AnswerParts extends ScreeningParts {
  readonly telemetry: OperationalLog
  /** Deliveries after which the queue sets a message aside. */
  readonly maximumReceives: number
}

/** The delivery ended without an answer, by no fault of the image. */
class Released extends Error {
  override readonly name = 'Released'
}

const shortestRetryMs = 2_000
const longestRetryMs = 60_000

/**
 * Answers one delivery: screened and acknowledged, or given back. Never throws; what fails is logged, and told in a
 * failure document before the queue may set the message aside.
 */
export async function answerDelivery(delivery: Delivery, parts: AnswerParts, stopping: AbortSignal): Promise<void> {
  const { telemetry } = parts
  let job: StudyJob
  try {
    job = parseStudyJob(delivery.body)
  } catch (error) {
    // Nobody's study: there is no place for a failure document.
    telemetry.log('error', 'unreadable-job', { deliveries: delivery.receiveCount, ...describeError(error) })
    telemetry.metric('ScreeningFailures', 1, { Reason: 'unreadable-job' })
    return giveBack(delivery, 0, telemetry)
  }
  const identity = { tenant: job.tenant, imageId: job.imageId, lane: job.lane, deliveries: delivery.receiveCount }
  try {
    const isLast = delivery.receiveCount >= parts.maximumReceives
    if (isLast) await foretellFailure(delivery, job, parts)
    const { result, reused } = await screenStudy(job, parts, claimOf(delivery, stopping))
    const failure = studyKeys.failure(job.tenant, job.imageId)
    // Before the message goes: a worker that ends in between leaves no failure of an image that has its result.
    if (delivery.receiveCount > 1 && !isLast) await parts.store.delete(failure)
    await delivery.acknowledge()
    // After it on the last delivery: a dead letter always finds its failure document.
    if (isLast) await forgetFailure(failure, parts)
    telemetry.log('info', reused ? 'answered-before' : 'screened', {
      ...identity,
      outcome: result.outcome,
      timingsMs: result.timingsMs,
    })
    if (!reused) measure(job, result, telemetry)
  } catch (error) {
    if (error instanceof Released) {
      telemetry.log('info', 'given-back', { ...identity, because: error.message })
      return giveBack(delivery, 0, telemetry)
    }
    const reason = reasonOf(error)
    telemetry.log(reason === 'unavailable' ? 'warn' : 'error', 'screening-failed', {
      ...identity,
      reason,
      ...describeError(error),
    })
    telemetry.metric('ScreeningFailures', 1, { Reason: reason })
    await tellFailure(delivery, job, error, parts)
    await giveBack(delivery, error instanceof TransientError ? retryMs(delivery.receiveCount) : 0, telemetry)
  }
}

function claimOf(delivery: Delivery, stopping: AbortSignal): Claim {
  const held = (): void => {
    if (!delivery.isHeld) throw new Released('visibility-lost')
  }
  return {
    beforeInference() {
      if (stopping.aborted) throw new Released('stopping')
      held()
    },
    beforeWriting: held,
  }
}

/** An image that ends its worker leaves nobody to tell: on the last delivery that is written down first. */
async function foretellFailure(delivery: Delivery, job: StudyJob, { store, clock }: AnswerParts): Promise<void> {
  await writeFailure(store, job, null, { deliveries: delivery.receiveCount, at: new Date(clock.now()) })
}

/** The image has its result and its message is gone: what fails here is no failure of the image. */
async function forgetFailure(key: string, { store, telemetry }: AnswerParts): Promise<void> {
  try {
    await store.delete(key)
  } catch (error) {
    telemetry.log('warn', 'failure-not-forgotten', describeError(error))
  }
}

async function tellFailure(delivery: Delivery, job: StudyJob, error: unknown, parts: AnswerParts): Promise<void> {
  const { store, clock, telemetry } = parts
  try {
    await writeFailure(store, job, error, { deliveries: delivery.receiveCount, at: new Date(clock.now()) })
  } catch (failed) {
    telemetry.log('warn', 'failure-not-told', describeError(failed))
  }
}

async function giveBack(delivery: Delivery, visibleInMs: number, telemetry: OperationalLog): Promise<void> {
  try {
    await delivery.giveBack(visibleInMs)
  } catch (error) {
    // Its visibility ends by itself.
    telemetry.log('warn', 'not-given-back', describeError(error))
  }
}

/** Longer after every delivery. */
const retryMs = (deliveries: number): number => Math.min(longestRetryMs, shortestRetryMs * 3 ** (deliveries - 1))

function measure(
  { lane }: StudyJob,
  { outcome, timingsMs }: { outcome: string; timingsMs: Readonly<Record<string, number>> },
  { metric }: OperationalLog,
): void {
  metric('ImagesAnalysed', 1, { Lane: lane })
  if (outcome === 'suspected') metric('ImagesSuspected', 1, { Lane: lane })
  for (const [Stage, milliseconds] of Object.entries(timingsMs)) metric('StageMilliseconds', milliseconds, { Stage })
}
