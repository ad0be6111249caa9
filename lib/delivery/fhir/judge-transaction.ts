import * as z from 'zod'
import { classifyAnswer, type HttpAnswer } from '../classify-answer.ts'
import { type DeliveryOutcome, delivered, refused, unavailable } from '../delivery-outcome.ts'

const transactionResponse = z.looseObject({
  resourceType: z.literal('Bundle'),
  entry: z.array(z.looseObject({ response: z.looseObject({ status: z.string() }) })),
})

/** What is read of the bundle that was posted. */
const posted = z.looseObject({ entry: z.array(z.unknown()) })

/**
 * What a server says of a transaction. Success is believed only where each entry was answered with it: servers answer
 * 200 to a transaction of which they did not take a part.
 * @see FHIR R4, http.html, Transaction Response
 */
export function judgeTransaction(bundle: Uint8Array, answer: HttpAnswer, nowMs: number): DeliveryOutcome {
  // Of a version conflict, which is gone at the next attempt.
  if (answer.status === 409) return unavailable('http-409')
  const outcome = classifyAnswer(answer, nowMs)
  if (outcome.kind !== 'delivered') return outcome
  if (answer.isCutOff) return unavailable('answer-too-large')
  const parsed = transactionResponse.safeParse(parseJson(answer.body))
  if (!parsed.success) return unavailable('answer-not-understood')
  const statuses = parsed.data.entry.map(({ response }) => Number(/^\d{3}/.exec(response.status)?.[0] ?? 0))
  if (statuses.length !== posted.parse(parseJson(bundle)).entry.length) return unavailable('answer-not-understood')
  const failed = statuses.find((status) => status < 200 || status > 299)
  if (failed === undefined) return delivered
  return failed >= 400 && failed < 500 ? refused(`entry-${failed}`) : unavailable(`entry-${failed}`)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
}
