import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'
import { Admissions } from '../../../functions/preprocess/admissions.ts'
import type { PreprocessParts } from '../../../functions/preprocess/admit-upload.ts'
import { createHandler } from '../../../functions/preprocess/handler.ts'
import { EventBridgeEventSink } from '../../../lib/adapters/aws/event-bridge-event-sink.ts'
import { createOperationalLog } from '../../../lib/adapters/aws/operational-log.ts'
import { readTenants } from '../../../lib/adapters/aws/read-tenants.ts'
import { readObject, S3ObjectStore } from '../../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../../lib/adapters/aws/sqs-job-queue.ts'
import { createCodecs } from '../../../lib/adapters/codecs/create-codecs.ts'
import { systemClock } from '../../../lib/adapters/embedded/system-clock.ts'
import { defaultSuitabilityPolicy } from '../../../lib/screening/radiograph/suitability.ts'
import type { Cloud } from './create-cloud.ts'

export interface Preprocessing {
  readonly handler: ReturnType<typeof createHandler>
  /** Every line the function has logged. */
  readonly lines: string[]
  readonly parts: PreprocessParts
}

/** The preprocessing Lambda as its main.ts builds it, with one cloud behind it. */
export async function openPreprocessing(cloud: Cloud, changes: Partial<PreprocessParts> = {}): Promise<Preprocessing> {
  const { s3, sqs, ssm, events } = cloud.clients
  const store = new S3ObjectStore(s3, cloud.bucket)
  const lines: string[] = []
  const tenants = await readTenants(ssm, cloud.tenantsPath)
  const parts: PreprocessParts = {
    store,
    readUpload: ({ key, versionId }) =>
      readObject(s3, { Bucket: cloud.bucket, Key: key, ...(versionId === null ? {} : { VersionId: versionId }) }),
    queues: {
      stat: new SqsJobQueue(sqs, cloud.stat.url),
      routine: new SqsJobQueue(sqs, cloud.routine.url),
    },
    events: new EventBridgeEventSink(events, cloud.busName),
    codecs: createCodecs(),
    clock: systemClock,
    tenantOf: async (id) => tenants.get(id),
    admissions: new Admissions(store, changes.clock ?? systemClock),
    policy: defaultSuitabilityPolicy,
    maximumUploadBytes: 16 * 1024 * 1024,
    softwareVersion: '0.0.0',
    telemetry: createOperationalLog('preprocess', (line) => lines.push(line)),
    ...changes,
  }
  return { handler: createHandler(cloud.bucket, parts), lines, parts }
}

/**
 * What Lambda's event source does: takes notifications, invokes the function, deletes what it did not report failed.
 * What failed becomes visible again at the end. @returns the number of messages that were handled
 */
export async function deliverUploads(
  { uploads, clients: { sqs } }: Cloud,
  { handler }: Pick<Preprocessing, 'handler'>,
): Promise<number> {
  let handled = 0
  const again: { QueueUrl: string; ReceiptHandle: string }[] = []
  for (let batch = await takeBatch(sqs, uploads.url); batch.length > 0; batch = await takeBatch(sqs, uploads.url)) {
    const { batchItemFailures } = await handler({ Records: batch.map(({ record }) => record) })
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    for (const { record } of batch) {
      const message = { QueueUrl: uploads.url, ReceiptHandle: record.receiptHandle }
      if (failed.has(record.messageId)) again.push(message)
      else {
        await sqs.send(new DeleteMessageCommand(message))
        handled++
      }
    }
  }
  for (const message of again) await sqs.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: 0 }))
  return handled
}

async function takeBatch(sqs: SQSClient, url: string) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
    }),
  )
  return Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }) => ({
    record: {
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
      attributes: Attributes as unknown as SQSEvent['Records'][number]['attributes'],
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: '',
      awsRegion: 'eu-central-1',
    },
  }))
}
