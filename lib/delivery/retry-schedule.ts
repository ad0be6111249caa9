import type { DeliveryMessage } from './delivery-message.ts'
import type { RefusalReason } from './delivery-outcome.ts'

/** Unit: ms. */
const firstDelayMs = 2_000
/** A target that is back is found within this time, however long it was down. Unit: ms. */
const longestDelayMs = 300_000
/** Failures held against a delivery that make it a dead letter: with the delays between them about 25 minutes. */
const maximumHeldAgainst = 10
const dayMs = 86_400_000

/** Doubles with each failure; spread, so that not everything comes at once. @param random Range: 0–1 */
export function retryDelayMs(failures: number, random: number, longestMs = longestDelayMs): number {
  const full = Math.min(longestMs, firstDelayMs * 2 ** Math.min(failures - 1, 20))
  return Math.round(full * (0.5 + random / 2))
}

export interface FailedAttempt {
  readonly reason: string
  readonly nowMs: number
  readonly retryAfterMs: number | null
  /** The failure is this delivery's and not the target's: others succeeded since it was last tried. */
  readonly isHeldAgainst: boolean
  readonly giveUpAfterDays: number
  /** Range: 0–1 */
  readonly random: number
  /** @default 5 min */
  readonly longestMs?: number
}

/**
 * What becomes of a delivery whose attempt failed for now. Attempts alone never end it: a target may be down for days.
 * @returns the message as it waits on, and why it is given up, or null
 */
export function afterFailure(
  message: DeliveryMessage,
  { reason, nowMs, retryAfterMs, isHeldAgainst, giveUpAfterDays, random, longestMs }: FailedAttempt,
): { message: DeliveryMessage; givenUp: RefusalReason | null } {
  const attempts = message.attempts + 1
  const heldAgainst = message.heldAgainst + (isHeldAgainst ? 1 : 0)
  const delayMs = Math.max(retryDelayMs(attempts, random, longestMs), retryAfterMs ?? 0)
  const failed: DeliveryMessage = {
    ...message,
    attempts,
    heldAgainst,
    lastFailure: { at: new Date(nowMs).toISOString(), reason },
    notBefore: new Date(nowMs + delayMs).toISOString(),
  }
  if (heldAgainst >= maximumHeldAgainst) return { message: failed, givenUp: 'failed-while-others-were-taken' }
  const isTooOld = nowMs - Date.parse(message.queuedAt) >= giveUpAfterDays * dayMs
  return { message: failed, givenUp: isTooOld ? 'too-old' : null }
}
