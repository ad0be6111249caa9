import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import type { CloudTargetOfKind } from '../../delivery/cloud-target.ts'
import { type DeliveryOutcome, delivered, unavailable } from '../../delivery/delivery-outcome.ts'
import { eventOf } from '../../delivery/event-of.ts'
import type { Delivery, Sender } from '../../delivery/sender.ts'
import { detailTypeOf } from '../../screening/result-documents/study-event.ts'
import { eventSource } from '../aws/event-bridge-event-sink.ts'

const concurrency = 8

/** Tells another event bus of results, as our own was told. Every failure is of the bus: rights, name, throttling. */
export function createEventBridgeSender(
  { busArn, timeoutSeconds }: CloudTargetOfKind<'eventbridge'>,
  client: EventBridgeClient,
): Sender {
  return {
    concurrency,
    async send(delivery: Delivery): Promise<DeliveryOutcome> {
      const entry = {
        EventBusName: busArn,
        Source: eventSource,
        DetailType: detailTypeOf(delivery.result),
        Detail: JSON.stringify(eventOf(delivery)),
      }
      try {
        const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }), {
          abortSignal: AbortSignal.timeout(timeoutSeconds * 1000),
        })
        // The bus refuses single entries in a successful answer.
        return FailedEntryCount ? unavailable(`bus-${Entries?.[0]?.ErrorCode ?? 'refused'}`) : delivered
      } catch (error) {
        return unavailable(`bus-${(error as Error).name}`)
      }
    },
    async close() {},
  }
}
