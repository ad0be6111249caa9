import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'
import { Admissions } from '../../../functions/preprocess/admissions.ts'
import { createHandler, type HandlerParts } from '../../../functions/preprocess/handler.ts'
import { SqsUploadQueue, type UploadQueue } from '../../../functions/preprocess/upload-queue.ts'
import { EventBridgeEventSink } from '../../../lib/adapters/aws/event-bridge-event-sink.ts'
import { createOperationalLog } from '../../../lib/adapters/aws/operational-log.ts'
import { readTenants } from '../../../lib/adapters/aws/read-tenants.ts'
import { readUpload } from '../../../lib/adapters/aws/read-upload.ts'
import { S3ObjectStore } from '../../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../../lib/adapters/aws/sqs-job-queue.ts'
import { createCodecs } from '../../../lib/adapters/codecs/create-codecs.ts'
import { systemClock } from '../../../lib/adapters/embedded/system-clock.ts'
import { readCascadeModels } from '../../../lib/adapters/onnx/read-bundle.ts'
import { defaultSuitabilityPolicy } from '../../../lib/screening/radiograph/suitability.ts'
import { expectScreeningKey } from '../../../lib/screening/result-documents/screening-key.ts'
import { tinyModels } from '../../functions/screen/open-clinic.ts'
import type { Cloud } from './create-cloud.ts'

export interface Preprocessing {
  readonly handler: ReturnType<typeof createHandler>
  /** Every line the function has logged. */
  readonly lines: string[]
  readonly parts: HandlerParts
}

/** The key of the bucket, as far as preprocessing is told. */
export const studyKeyArn = 'arn:aws:kms:eu-central-1:123456789012:key/of-the-studies'

/** The preprocessing Lambda as its main.ts builds it, with one cloud behind it. */
export async function openPreprocessing(
  cloud: Cloud,
  changes: Partial<HandlerParts> = {},
  modelsFolder = tinyModels,
): Promise<Preprocessing> {
  const { s3, sqs, ssm, events } = cloud.clients
  const store = new S3ObjectStore(s3, cloud.bucket)
  const lines: string[] = []
  const tenants = await readTenants(ssm, cloud.tenantsPath)
  const models = await readCascadeModels(modelsFolder)
  const parts: HandlerParts = {
    store,
    readUpload: ({ key, versionId }) =>
      readUpload(
        s3,
        { Bucket: cloud.bucket, Key: key, ...(versionId === null ? {} : { VersionId: versionId }) },
        studyKeyArn,
      ),
    notifications: notPutOff(new SqsUploadQueue(sqs, cloud.uploads.url)),
    uploads: {
      stat: notPutOff(new SqsUploadQueue(sqs, cloud.statUploads.url)),
      routine: notPutOff(new SqsUploadQueue(sqs, cloud.routineUploads.url)),
    },
    firstRetryMs: 0,
    queues: {
      stat: new SqsJobQueue(sqs, cloud.stat.url),
      routine: new SqsJobQueue(sqs, cloud.routine.url),
    },
    events: new EventBridgeEventSink(events, cloud.busName),
    codecs: createCodecs(),
    clock: systemClock,
    tenantOf: async (id) => tenants.get(id),
    screeningKeyOf: (tenant, preparation) => expectScreeningKey(models, tenant, preparation),
    admissions: new Admissions(store, changes.clock ?? systemClock),
    policy: defaultSuitabilityPolicy,
    maximumUploadBytes: 16 * 1024 * 1024,
    softwareVersion: '0.0.0',
    telemetry: createOperationalLog('preprocess', (line) => lines.push(line)),
    ...changes,
  }
  return { handler: createHandler(cloud.bucket, parts), lines, parts }
}

/** What failed comes again with the next call of `deliverUploads`, not within this one. */
const notPutOff = (queue: SqsUploadQueue): UploadQueue => ({
  send: (job, options) => queue.send(job, options),
  putOff: async () => {},
})

/**
 * What Lambda's event sources do: take messages of the upload queues, invoke the function, delete what it did not report
 * failed. What failed becomes visible again at the end. @returns the number of messages that were handled
 */
export async function deliverUploads(
  { uploads, statUploads, routineUploads, clients: { sqs } }: Cloud,
  { handler }: Pick<Preprocessing, 'handler'>,
): Promise<number> {
  let handled = 0
  const again: { QueueUrl: string; ReceiptHandle: string }[] = []
  const deliver = async (QueueUrl: string, maximum: number): Promise<void> => {
    for (;;) {
      const batch = await takeBatch(sqs, QueueUrl, maximum)
      if (batch.length === 0) return
      const { batchItemFailures } = await handler({ Records: batch.map(({ record }) => record) })
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
      for (const { record } of batch) {
        const message = { QueueUrl, ReceiptHandle: record.receiptHandle }
        if (failed.has(record.messageId)) again.push(message)
        else {
          await sqs.send(new DeleteMessageCommand(message))
          handled++
        }
      }
    }
  }
  await deliver(uploads.url, 10)
  await deliver(statUploads.url, 1)
  await deliver(routineUploads.url, 1)
  for (const message of again) {
    await sqs.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: 0 })).catch((error) => {
      // On a slow machine its visibility has ended before, and somebody else has answered it.
      if (!(error instanceof ReceiptHandleIsInvalid)) throw error
    })
  }
  return handled
}

async function takeBatch(sqs: SQSClient, url: string, maximum: number) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: maximum,
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
