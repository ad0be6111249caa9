import { describeError, type OperationalLog } from '../../lib/adapters/aws/operational-log.ts'

/** So many different images failing in a row, with no success between them, are not chance. */
const longestStreak = 3

/** Whose fault a defect is. */
export type Blame =
  | 'image'
  /** The worker is ill: what was under way in it may have made it so. */
  | 'worker'
  /** Too many images fail in it, though its networks answer: the next worker is to see. */
  | 'unclear'

/**
 * Whether a worker is well. A defect is held against an image only when the networks answer their golden files after
 * it, and when the worker does not fail with one image after the other.
 */
export class WorkerCondition {
  readonly #verify: () => Promise<void>
  readonly #telemetry: OperationalLog
  readonly #ill = new AbortController()
  readonly #streak = new Set<string>()
  #verifying: Promise<void> | null = null
  #proven = false

  /** @param verify Runs the golden files; rejects when the networks do not answer as they must. */
  constructor(verify: () => Promise<void>, telemetry: OperationalLog) {
    this.#verify = verify
    this.#telemetry = telemetry
  }

  /** Aborted once the worker is ill: it takes and begins nothing more. */
  get ill(): AbortSignal {
    return this.#ill.signal
  }

  succeeded(): void {
    this.#streak.clear()
    this.#proven = true
  }

  /** Something has failed: what was known of the worker before holds no more, nor does a check that is under way. */
  doubt(): void {
    this.#proven = false
    this.#verifying = null
  }

  /** Whether the worker is well before it screens a suspected image alone. */
  async isWell(): Promise<boolean> {
    if (!this.#proven) await this.#check()
    return !this.#ill.signal.aborted
  }

  /** Whose fault it is that an image failed. */
  async blame(imageId: string): Promise<Blame> {
    this.doubt()
    await this.#check()
    if (this.#ill.signal.aborted) return this.#streak.size >= longestStreak ? 'unclear' : 'worker'
    this.#streak.add(imageId)
    if (this.#streak.size < longestStreak) return 'image'
    this.#fallIll('failures-in-a-row', null)
    return 'unclear'
  }

  /** Several that ask at once share one answer. */
  async #check(): Promise<void> {
    if (this.#ill.signal.aborted) return
    this.#verifying ??= this.#verify()
    const verifying = this.#verifying
    try {
      await verifying
      if (this.#verifying !== verifying) return
      this.#verifying = null
      this.#proven = true
    } catch (error) {
      this.#fallIll('golden-files', error)
    }
  }

  #fallIll(reason: string, error: unknown): void {
    if (this.#ill.signal.aborted) return
    this.#ill.abort()
    this.#telemetry.log('error', 'worker-ill', { reason, ...(error === null ? {} : describeError(error)) })
    this.#telemetry.metric('IllWorkers', 1, { Reason: reason })
  }
}
