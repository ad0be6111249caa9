import { Duration } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

export interface WatchedQueueProps {
  readonly key: IKey
  readonly visibility: Duration
  /** Deliveries after which a message is set aside. */
  readonly maximumReceives: number
}

/** A queue whose messages are never lost: what fails too often lies in the dead-letter queue for two weeks. */
export class WatchedQueue extends Construct {
  readonly queue: Queue
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { key, visibility, maximumReceives }: WatchedQueueProps) {
    super(scope, id)
    const shared = { encryption: QueueEncryption.KMS, encryptionMasterKey: key, enforceSSL: true }
    this.deadLetters = new Queue(this, 'DeadLetters', { ...shared, retentionPeriod: Duration.days(14) })
    this.queue = new Queue(this, 'Queue', {
      ...shared,
      visibilityTimeout: visibility,
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: maximumReceives },
    })
  }
}
