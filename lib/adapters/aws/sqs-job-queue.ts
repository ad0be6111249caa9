import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  MessageNotInflight,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { JobQueue, ReceivedJob } from '../../screening/kernel/ports.ts'
import { request, statusOf } from './transient.ts'

/** SQS waits at most this long and gives at most this many messages. */
const longestPollSeconds = 20
const mostMessages = 10
/** @see Amazon SQS API reference, ChangeMessageVisibility */
const longestVisibilityMs = 12 * 3_600_000

/**
 * A standard queue. The group is its MessageGroupId: on a standard queue that makes it fair between tenants and keeps
 * no order. The redrive policy of the queue decides when a message is a dead letter.
 */
export class SqsJobQueue implements JobQueue {
  readonly #client: SQSClient
  readonly #url: string
  readonly #deadLetterUrl: string | null

  /** @param deadLetterUrl Where `setAside` puts a message. */
  constructor(client: SQSClient, url: string, deadLetterUrl: string | null = null) {
    this.#client = client
    this.#url = url
    this.#deadLetterUrl = deadLetterUrl
  }

  async send(body: string, options: { group?: string } = {}): Promise<void> {
    await this.#sendTo(this.#url, body, options)
  }

  async #sendTo(url: string, body: string, options: { group?: string } = {}): Promise<void> {
    await request('SQS SendMessage', () =>
      this.#client.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: body,
          ...(options.group === undefined ? {} : { MessageGroupId: options.group }),
        }),
      ),
    )
  }

  async receive(maximum: number, { visibilityMs, waitMs }: { visibilityMs: number; waitMs: number }) {
    const { Messages = [] } = await request('SQS ReceiveMessage', () =>
      this.#client.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#url,
          MaxNumberOfMessages: Math.min(maximum, mostMessages),
          VisibilityTimeout: secondsOf(visibilityMs),
          WaitTimeSeconds: Math.min(secondsOf(waitMs), longestPollSeconds),
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
      ),
    )
    return Messages.map(
      ({ MessageId, Body, ReceiptHandle, Attributes }): ReceivedJob => ({
        messageId: MessageId ?? '',
        body: Body ?? '',
        receipt: ReceiptHandle ?? '',
        receiveCount: Number(Attributes?.ApproximateReceiveCount ?? 1),
      }),
    )
  }

  async acknowledge(receipt: string): Promise<void> {
    await this.#ofReceipt('SQS DeleteMessage', () =>
      this.#client.send(new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: receipt })),
    )
  }

  /** @throws {RangeError} when no message can be kept invisible for so long */
  async extend(receipt: string, visibilityMs: number): Promise<void> {
    if (!(visibilityMs >= 0 && visibilityMs <= longestVisibilityMs))
      throw new RangeError(`visibility of ${visibilityMs} ms`)
    await this.#ofReceipt('SQS ChangeMessageVisibility', () =>
      this.#client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: this.#url,
          ReceiptHandle: receipt,
          VisibilityTimeout: secondsOf(visibilityMs),
        }),
      ),
    )
  }

  /** @throws {Error} when the queue was opened without its dead-letter queue */
  async setAside({ body, receipt }: ReceivedJob): Promise<void> {
    if (this.#deadLetterUrl === null) throw new Error('this queue was opened without its dead-letter queue')
    await this.#sendTo(this.#deadLetterUrl, body)
    await this.acknowledge(receipt)
  }

  async depth(): Promise<number> {
    const { Attributes = {} } = await request('SQS GetQueueAttributes', () =>
      this.#client.send(new GetQueueAttributesCommand({ QueueUrl: this.#url, AttributeNames: [...depthAttributes] })),
    )
    return depthAttributes.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0)
  }

  /** A receipt whose delivery was overtaken is no error: somebody else has the message now. */
  async #ofReceipt(what: string, send: () => Promise<unknown>): Promise<void> {
    try {
      await request(what, send)
    } catch (error) {
      const overtaken = error instanceof ReceiptHandleIsInvalid || error instanceof MessageNotInflight
      // InvalidParameterValue: a receipt whose message is gone, or whose visibility has ended. It would also be the answer
      // to a bad visibility, the one other value of ours in these requests: `extend` looks at it first.
      // @see https://github.com/aws/aws-sdk-java/issues/1628
      if (!overtaken && !(statusOf(error) === 400 && (error as Error).name === 'InvalidParameterValue')) throw error
    }
  }
}

const depthAttributes = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const

const secondsOf = (ms: number): number => Math.ceil(ms / 1000)
