import { Duration } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { queueDays } from '../../screening/screening-job/delivery-limits.ts'

export interface WatchedQueueProps {
  readonly key: IKey
  readonly visibility: Duration
  /** Deliveries after which a message is set aside. */
  readonly maximumReceives: number
  /** @default one of its own */
  readonly deadLetters?: Queue
}

/** A queue whose messages are kept for as long as SQS can, and those that fail too often beside it. */
export class WatchedQueue extends Construct {
  readonly queue: Queue
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { key, visibility, maximumReceives, deadLetters }: WatchedQueueProps) {
    super(scope, id)
    const shared = {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(queueDays),
    }
    this.deadLetters = deadLetters ?? new Queue(this, 'DeadLetters', shared)
    this.queue = new Queue(this, 'Queue', {
      ...shared,
      visibilityTimeout: visibility,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: maximumReceives },
    })
  }
}
