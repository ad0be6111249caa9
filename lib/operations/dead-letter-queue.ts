import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  paginateListDeadLetterSourceQueues,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { DeadMessage } from './dead-letter.ts'

/** Taken messages stay hidden from others for this long, should the program be killed before it gives them back. */
const hiddenSeconds = 600
/** An empty answer may miss messages; two in a row, each a wait that asks every server, are taken for an empty queue. */
const emptyAnswers = 2

/** A dead-letter queue and the queue whose dead letters it keeps. */
export class DeadLetterQueue {
  readonly #sqs: SQSClient
  readonly #url: string

  constructor(sqs: SQSClient, url: string) {
    this.#sqs = sqs
    this.#url = url
  }

  /** The queues that set their messages aside here. */
  async sources(): Promise<string[]> {
    const urls: string[] = []
    const pages = paginateListDeadLetterSourceQueues({ client: this.#sqs }, { QueueUrl: this.#url })
    for await (const { queueUrls = [] } of pages) urls.push(...queueUrls)
    return urls
  }

  /** Takes up to `limit` messages, each once; they stay in the queue, hidden, until given back or removed. */
  async *take(limit: number): AsyncIterable<DeadMessage> {
    let empty = 0
    for (let taken = 0; taken < limit && empty < emptyAnswers; ) {
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#url,
          MaxNumberOfMessages: Math.min(10, limit - taken),
          VisibilityTimeout: hiddenSeconds,
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ['SentTimestamp'],
        }),
      )
      empty = Messages.length === 0 ? empty + 1 : 0
      taken += Messages.length
      for (const { MessageId = '', ReceiptHandle = '', Body = '', Attributes } of Messages) {
        const sent = Number(Attributes?.SentTimestamp)
        const sentAt = Number.isFinite(sent) ? new Date(sent).toISOString() : null
        yield { messageId: MessageId, receipt: ReceiptHandle, body: Body, sentAt }
      }
    }
  }

  /** Makes a taken message visible again at once. */
  async giveBack({ receipt }: DeadMessage): Promise<void> {
    await this.#sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: this.#url, ReceiptHandle: receipt, VisibilityTimeout: 0 }),
    )
  }

  /** Sends the message to a queue, then removes it here: broken off in between it is twice there, never nowhere. */
  async move({ receipt, body }: DeadMessage, url: string, group: string | null): Promise<void> {
    await this.#sqs.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: body,
        ...(group === null ? {} : { MessageGroupId: group }),
      }),
    )
    await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: receipt }))
  }
}
