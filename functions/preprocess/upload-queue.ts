import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { request } from '../../lib/adapters/aws/transient.ts'
import { buildUploadJob, type UploadJob } from '../../lib/screening/screening-job/upload-job.ts'

/** A queue of notifications, or one lane of uploads. */
export interface UploadQueue {
  /** @param group Messages of one group never starve those of another. */
  send(job: Omit<UploadJob, 'schemaVersion'>, options: { group?: string; delayMs?: number }): Promise<void>
  /** Has a message that is under way come again after a while, in place of when its visibility would end. */
  putOff(receipt: string, delayMs: number): Promise<void>
}

/** SQS delays a message by at most a quarter of an hour. */
const secondsOf = (ms: number): number => Math.min(Math.ceil(ms / 1000), 900)

export class SqsUploadQueue implements UploadQueue {
  readonly #client: SQSClient
  readonly #url: string

  constructor(client: SQSClient, url: string) {
    this.#client = client
    this.#url = url
  }

  async send(
    job: Omit<UploadJob, 'schemaVersion'>,
    { group, delayMs = 0 }: { group?: string; delayMs?: number },
  ): Promise<void> {
    await request('SQS SendMessage', () =>
      this.#client.send(
        new SendMessageCommand({
          QueueUrl: this.#url,
          MessageBody: buildUploadJob(job),
          ...(group === undefined ? {} : { MessageGroupId: group }),
          ...(delayMs === 0 ? {} : { DelaySeconds: secondsOf(delayMs) }),
        }),
      ),
    )
  }

  async putOff(receipt: string, delayMs: number): Promise<void> {
    await request('SQS ChangeMessageVisibility', () =>
      this.#client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: this.#url,
          ReceiptHandle: receipt,
          VisibilityTimeout: secondsOf(delayMs),
        }),
      ),
    )
  }
}
