import type { SenderTargetOfKind } from '../../delivery/delivery-config.ts'
import { type DeliveryOutcome, refused, unavailable } from '../../delivery/delivery-outcome.ts'
import { judgeTransaction } from '../../delivery/fhir/judge-transaction.ts'
import type { Delivery, Sender } from '../../delivery/sender.ts'
import type { Clock } from '../../screening/kernel/ports.ts'
import { fhirName } from '../../screening/result-documents/fhir-bundle/fhir-name.ts'
import { describeConnectionError } from './describe-connection-error.ts'
import { authorizationHeader, HttpExchange } from './http-exchange.ts'

/**
 * Two transactions at a time may each find that a device or study is not there, and create it twice: from then on every
 * conditional create of it fails (412).
 */
const concurrency = 1
const maximumAnswerBytes = 4 * 1024 * 1024
const fhirType = 'application/fhir+json'

/** Posts the stored transaction to a FHIR server. */
export function createFhirSender(
  target: SenderTargetOfKind<'fhir'>,
  authorization: string | null,
  clock: Clock,
): Sender {
  const exchange = new HttpExchange(target.url, { ...target, concurrency, maximumAnswerBytes })
  const headers = {
    'content-type': fhirType,
    accept: fhirType,
    prefer: 'return=minimal',
    ...authorizationHeader(authorization),
  }
  return {
    concurrency,
    async send({ documents }: Delivery): Promise<DeliveryOutcome> {
      const bundle = documents.get(fhirName)
      if (!bundle) return refused('not-a-message')
      try {
        return judgeTransaction(bundle, await exchange.post(bundle, headers), clock.now())
      } catch (error) {
        return unavailable(describeConnectionError(error))
      }
    },
    async close() {
      exchange.close()
    },
  }
}
