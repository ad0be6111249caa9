import { classifyAnswer } from '../../delivery/classify-answer.ts'
import type { TargetOfKind } from '../../delivery/delivery-config.ts'
import { type DeliveryOutcome, unavailable } from '../../delivery/delivery-outcome.ts'
import type { Delivery, Sender } from '../../delivery/sender.ts'
import { signWebhook } from '../../delivery/webhook/sign-webhook.ts'
import { buildWebhookBody } from '../../delivery/webhook/webhook-body.ts'
import type { Clock } from '../../screening/kernel/ports.ts'
import { describeConnectionError } from './describe-connection-error.ts'
import { HttpExchange } from './http-exchange.ts'

const concurrency = 8
/** Nothing of the answer is used but its status. */
const maximumAnswerBytes = 65_536

/** Tells a URL of results, signed by the scheme of Standard Webhooks. */
export function createWebhookSender(target: TargetOfKind<'webhook'>, secret: Uint8Array, clock: Clock): Sender {
  const exchange = new HttpExchange(target.url, { ...target, concurrency, maximumAnswerBytes })
  return {
    concurrency,
    async send({ key, tenant, result }: Delivery): Promise<DeliveryOutcome> {
      const body = JSON.stringify(buildWebhookBody(tenant, result))
      const signed = signWebhook(secret, key, new Date(clock.now()), body)
      try {
        const answer = await exchange.post(body, { ...signed, 'content-type': 'application/json' })
        return classifyAnswer(answer, clock.now())
      } catch (error) {
        return unavailable(describeConnectionError(error))
      }
    },
    async close() {
      exchange.close()
    },
  }
}
