import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { TransientError } from '../../screening/kernel/errors.ts'
import type { EventSink, StudyEvent } from '../../screening/kernel/ports.ts'
import { request } from './transient.ts'

/** Source of every event, for rules to match on. */
export const eventSource = 'pleura'

/** Facts about finished studies on an event bus. */
export class EventBridgeEventSink implements EventSink {
  readonly #client: EventBridgeClient
  readonly #busName: string

  constructor(client: EventBridgeClient, busName: string) {
    this.#client = client
    this.#busName = busName
  }

  async emit(detailType: 'Finding Ready' | 'Study Not Analysed', detail: StudyEvent): Promise<void> {
    const { FailedEntryCount, Entries } = await request('EventBridge PutEvents', () =>
      this.#client.send(
        new PutEventsCommand({
          Entries: [
            {
              EventBusName: this.#busName,
              Source: eventSource,
              DetailType: detailType,
              Detail: JSON.stringify(detail),
            },
          ],
        }),
      ),
    )
    // The bus refuses single entries in a successful answer.
    if (FailedEntryCount) throw new TransientError(`EventBridge refused the event: ${Entries?.[0]?.ErrorCode}`)
  }
}
