import { describeError, type OperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { TransientError } from '../../lib/screening/kernel/errors.ts'
import { maximumAttempts } from '../../lib/screening/screening-job/delivery-limits.ts'
import { parseStudyJob, type StudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { AttemptsUsedUp, Released, runAttempt } from './attempt.ts'
import { AttemptRecord, chargesOf, type Standing } from './attempt-record.ts'
import type { Company } from './company.ts'
import type { Delivery } from './delivery.ts'
import { reasonOf, writeFailure } from './failure-document.ts'
import { type Claim, type ScreeningParts, screenStudy } from './screen-study.ts'
import type { FailureReason } from './study-failure.ts'
import type { WorkerCondition } from './worker-condition.ts'

export interface AnswerParts extends ScreeningParts {
  readonly telemetry: OperationalLog
  /** Deliveries after which the queue sets a message aside. */
  readonly maximumReceives: number
  /** Before an image that failed is tried again; four times as long after each failure. Unit: ms. */
  readonly firstRetryMs: number
}

/** What the images of one worker share. */
export interface WorkerState {
  readonly company: Company
  readonly condition: WorkerCondition
  readonly longestImageMs: number
  readonly stopping: AbortSignal
}

export interface Answer {
  /** Settles when the message is acknowledged, set aside or given back. Never rejects. */
  readonly done: Promise<void>
  /** Gives the message back in mid-image; nothing is held against the image. */
  readonly withdraw: () => Promise<void>
}

/** After a failure for now, or beside another message of the image; longer after every delivery. Unit: ms. */
const outageRetryMs = (deliveries: number): number => Math.min(60_000, 2_000 * 3 ** Math.min(deliveries - 1, 10))
const longestRetryMs = 900_000

/** Answers one delivery: screened and acknowledged, given back, or set aside with a document that says why. */
export function answerDelivery(delivery: Delivery, parts: AnswerParts, worker: WorkerState): Answer {
  const answering = new Answering(delivery, parts, worker)
  return { done: answering.run(), withdraw: () => answering.withdraw() }
}

class Answering {
  readonly #delivery: Delivery
  readonly #parts: AnswerParts
  readonly #worker: WorkerState
  #record: AttemptRecord | null = null

  constructor(delivery: Delivery, parts: AnswerParts, worker: WorkerState) {
    this.#delivery = delivery
    this.#parts = parts
    this.#worker = worker
  }

  async run(): Promise<void> {
    const { telemetry } = this.#parts
    let job: StudyJob
    try {
      job = parseStudyJob(this.#delivery.body)
    } catch (error) {
      // Nobody's study: there is no place for a failure document, and nothing to try again.
      telemetry.log('error', 'unreadable-job', { messageId: this.#delivery.messageId, ...describeError(error) })
      telemetry.metric('ScreeningFailures', 1, { Reason: 'unreadable-job' })
      return this.#tryTo('set-aside', () => this.#delivery.setAside())
    }
    const identity = {
      tenant: job.tenant,
      imageId: job.imageId,
      lane: job.lane,
      deliveries: this.#delivery.receiveCount,
    }
    try {
      await this.#screen(job, identity)
    } catch (error) {
      await this.#fail(job, error, identity).catch((failed) => {
        // Nothing more to do: the message comes again when its visibility timeout ends.
        telemetry.log('warn', 'failure-not-answered', { ...identity, ...describeError(failed) })
      })
    }
  }

  async withdraw(): Promise<void> {
    await this.#tryTo('withdraw', async () => {
      await this.#record?.withdraw()
      await this.#delivery.giveBack(0)
    })
  }

  async #screen(job: StudyJob, identity: Record<string, unknown>): Promise<void> {
    const { store, clock, telemetry, maximumReceives } = this.#parts
    const delivery = this.#delivery
    const record = new AttemptRecord(job, delivery.messageId, {
      store,
      clock,
      longestImageMs: this.#worker.longestImageMs,
    })
    this.#record = record
    const isLast = delivery.receiveCount >= maximumReceives
    // If the worker dies during the last delivery, the message is a dead letter, and only this document says why.
    if (isLast) await this.#tell(job, 'delivered-too-often', null, await record.read(), { ifAbsent: true })
    const { result, reused } = await screenStudy(job, this.#parts, this.#claim(record))
    const hasHistory = record.hasHistory || delivery.receiveCount > 1
    if (!reused || hasHistory) await this.#tryTo('forget-attempts', () => record.forget())
    const failure = studyKeys.failure(job.tenant, job.imageId)
    // Deleted before the message is acknowledged: if the worker ends in between, no failure document stays beside a result.
    if (hasHistory && !isLast) await store.delete(failure)
    await delivery.acknowledge()
    this.#worker.condition.succeeded()
    // On the last delivery it is the other way round: the message may still become a dead letter, which needs the document.
    if (isLast) await this.#tryTo('forget-failure', () => store.delete(failure))
    telemetry.log('info', reused ? 'answered-before' : 'screened', {
      ...identity,
      outcome: result.outcome,
      timingsMs: result.timingsMs,
    })
    if (!reused) measure(job, result, telemetry)
  }

  #claim(record: AttemptRecord): Claim {
    const { company, condition, stopping } = this.#worker
    const retryMs = outageRetryMs(this.#delivery.receiveCount)
    const assertHeld = (): void => {
      if (!this.#delivery.isHeld) throw new Released('visibility-lost')
    }
    const assertGoingOn = (): void => {
      if (stopping.aborted) throw new Released('stopping')
      if (condition.ill.aborted) throw new Released('worker-ill')
      assertHeld()
    }
    return {
      compute: (work) => runAttempt(work, { record, company, condition, assertHeld: assertGoingOn, retryMs }),
      beforeWriting: assertHeld,
    }
  }

  async #fail(job: StudyJob, error: unknown, identity: Record<string, unknown>): Promise<void> {
    const { telemetry, firstRetryMs } = this.#parts
    const record = this.#record
    if (!record) throw error
    if (error instanceof Released) {
      telemetry.log('info', 'given-back', { ...identity, because: error.message })
      await this.#tryTo('withdraw-attempt', () => record.withdraw())
      return this.#giveBack(job, error.visibleInMs)
    }
    if (error instanceof AttemptsUsedUp) {
      const { reason, standing } = error
      telemetry.log('error', 'screening-failed', { ...identity, ...standing, reason })
      telemetry.metric('ScreeningFailures', 1, { Reason: reason })
      return this.#setAside(job, reason, null, standing)
    }
    const reason = reasonOf(error)
    const level = reason === 'unavailable' ? 'warn' : 'error'
    telemetry.log(level, 'screening-failed', { ...identity, reason, ...describeError(error) })
    telemetry.metric('ScreeningFailures', 1, { Reason: reason })
    if (error instanceof TransientError) {
      await this.#tryTo('withdraw-attempt', () => record.withdraw())
      await this.#tryTo('tell-failure', async () => this.#tell(job, reason, error, await record.read()))
      return this.#giveBack(job, outageRetryMs(this.#delivery.receiveCount))
    }
    const blame = reason === 'defect' ? await this.#worker.condition.blame(job.imageId) : 'image'
    if (blame !== 'image') {
      // An attempt that stays open is the trace of an ill worker, as it is of one that ended.
      if (blame === 'unclear') await this.#tryTo('withdraw-attempt', () => record.withdraw())
      return this.#giveBack(job, 0)
    }
    const standing = await record.charge(reason)
    if (chargesOf(standing) >= maximumAttempts) return this.#setAside(job, reason, error, standing)
    await this.#tryTo('tell-failure', () => this.#tell(job, reason, error, standing))
    return this.#giveBack(job, Math.min(longestRetryMs, firstRetryMs * 4 ** (chargesOf(standing) - 1)))
  }

  /** The document first: a dead letter always finds it. Then the record: nothing is tried again, whatever comes between. */
  async #setAside(job: StudyJob, reason: FailureReason, error: unknown, standing: Standing): Promise<void> {
    if (!this.#delivery.isHeld) return
    await this.#tell(job, reason, error, standing)
    await this.#record?.setAside(standing)
    if (await this.#delivery.setAside()) await this.#tryTo('forget-older', async () => this.#record?.forgetOlder())
  }

  async #tell(
    job: StudyJob,
    reason: FailureReason,
    error: unknown,
    { failed, endedAlone, endedBeside }: Standing,
    options: { ifAbsent?: boolean } = {},
  ): Promise<void> {
    const { store, clock } = this.#parts
    const attempts = { failed, endedAlone, endedBeside }
    const { receiveCount: deliveries } = this.#delivery
    await writeFailure(store, job, { reason, error, attempts, deliveries, at: new Date(clock.now()) }, options)
  }

  async #giveBack({ lane, enqueuedAt }: StudyJob, visibleInMs: number): Promise<void> {
    const { telemetry, clock } = this.#parts
    telemetry.metric('ReturnedJobSeconds', Math.max(0, clock.now() - enqueuedAt) / 1000, { Lane: lane })
    await this.#tryTo('give-back', () => this.#delivery.giveBack(visibleInMs))
  }

  /** A failure here is harmless: the next delivery repeats it, or makes it needless. */
  async #tryTo(what: string, act: () => Promise<unknown>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#parts.telemetry.log('warn', 'not-done', { what, ...describeError(error) })
    }
  }
}

function measure(
  { lane }: StudyJob,
  { outcome, timingsMs }: { outcome: string; timingsMs: Readonly<Record<string, number>> },
  { metric }: OperationalLog,
): void {
  metric('ImagesAnalysed', 1, { Lane: lane })
  if (outcome === 'suspected') metric('ImagesSuspected', 1, { Lane: lane })
  for (const [Stage, milliseconds] of Object.entries(timingsMs)) metric('StageMilliseconds', milliseconds, { Stage })
}
