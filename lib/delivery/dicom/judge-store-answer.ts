import * as z from 'zod'
import { classifyAnswer, type HttpAnswer } from '../classify-answer.ts'
import { type DeliveryOutcome, delivered, refused, unavailable } from '../delivery-outcome.ts'
import { judgeStatus, worstOf } from './judge-status.ts'

const values = <Value extends z.ZodType>(value: Value) => z.looseObject({ Value: z.array(value).optional() }).optional()

const item = z.looseObject({
  /** ReferencedSOPInstanceUID */
  '00081155': values(z.string()),
  /** FailureReason */
  '00081197': values(z.number()),
})

const storeAnswer = z.looseObject({
  /** FailedSOPSequence */
  '00081198': values(item),
  /** ReferencedSOPSequence */
  '00081199': values(item),
})

/** Answers that tell of each object. */
const withAnswer: readonly number[] = [200, 202, 409]

/**
 * What a server says of a store request. Each instance must be named as stored: a server answers 200 also where it has
 * kept an object out of both lists.
 * @see DICOM PS3.18 10.5.3, I.2.2
 */
export function judgeStoreAnswer(instanceUids: readonly string[], answer: HttpAnswer, nowMs: number): DeliveryOutcome {
  const outcome = classifyAnswer(answer, nowMs)
  if (!withAnswer.includes(answer.status))
    return outcome.kind === 'delivered' ? unavailable('answer-not-understood') : outcome
  if (answer.isCutOff) return unavailable('answer-too-large')
  const parsed = storeAnswer.safeParse(parseJson(answer.body))
  if (!parsed.success) return outcome.kind === 'refused' ? outcome : unavailable('answer-not-understood')
  const uidOf = (one: z.infer<typeof item>): string | undefined => one['00081155']?.Value?.[0]
  const stored = new Set(parsed.data['00081199']?.Value?.map(uidOf))
  const failed = new Map(parsed.data['00081198']?.Value?.map((one) => [uidOf(one), one['00081197']?.Value?.[0]]))
  return worstOf(
    instanceUids.map((uid) => {
      if (stored.has(uid)) return delivered
      return failed.has(uid) ? judgeStatus(failed.get(uid) ?? 0x0110) : refused('object-not-named')
    }),
  )
}

/** One data set; some servers put it into a list. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return Array.isArray(value) && value.length === 1 ? value[0] : value
  } catch {
    return null
  }
}
