import { classifyAnswer } from '../../delivery/classify-answer.ts'
import type { SenderTargetOfKind } from '../../delivery/delivery-config.ts'
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
export function createWebhookSender(target: SenderTargetOfKind<'webhook'>, secret: Uint8Array, clock: Clock): Sender {
  const exchange = new HttpExchange(target.url, { ...target, concurrency, maximumAnswerBytes })
  return {
    concurrency,
    async send(delivery: Delivery): Promise<DeliveryOutcome> {
      const body = JSON.stringify(buildWebhookBody(delivery))
      const signed = signWebhook(secret, delivery.key, new Date(clock.now()), body)
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
