import { type DeliveryOutcome, delivered, refused, unavailable } from './delivery-outcome.ts'

/** What is read of an HTTP answer. */
export interface HttpAnswer {
  readonly status: number
  /** Of the header; null without one. */
  readonly retryAfter: string | null
  readonly body: Uint8Array
  /** More than was allowed came, and the rest was not read. */
  readonly isCutOff: boolean
}

/** Answers to any request whatever it holds: wrong credentials or address, too many requests. They are mended at the target. */
const ofTheTarget: readonly number[] = [401, 403, 404, 405, 407, 408, 410, 421, 423, 425, 429]
/** Unit: ms. */
const longestRetryAfter = 3_600_000

/**
 * What an answer's status says. 4xx is of what was sent, and final, unless it would be the same for anything else that
 * was sent; a redirect is not followed, since it may lead into the network.
 * @see RFC 9110 15
 */
export function classifyAnswer({ status, retryAfter }: HttpAnswer, nowMs: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return delivered
  const retryAfterMs = parseRetryAfter(retryAfter, nowMs)
  if (status >= 300 && status < 400) return unavailable(`redirect-${status}`, retryAfterMs)
  if (status >= 400 && status < 500 && !ofTheTarget.includes(status)) return refused(`http-${status}`)
  return unavailable(`http-${status}`, retryAfterMs)
}

/** @see RFC 9110 10.2.3 */
function parseRetryAfter(text: string | null, nowMs: number): number | null {
  if (text === null) return null
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? null : Math.min(longestRetryAfter, Math.max(0, ms))
}
