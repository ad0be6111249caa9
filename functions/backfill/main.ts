import { setTimeout as sleep } from 'node:timers/promises'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { clientSettings } from '../../lib/adapters/aws/client-settings.ts'
import { createOperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../lib/adapters/aws/sqs-job-queue.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { parseEnvironment } from '../../lib/screening/kernel/parse-environment.ts'
import { createCopyImage } from './copy-image.ts'
import { backfillEnvironment } from './environment.ts'
import { createHandler } from './handler.ts'

const environment = parseEnvironment(backfillEnvironment, process.env)
const s3 = new S3Client(clientSettings)
const sqs = new SQSClient(clientSettings)

/** Called every minute. One invocation at a time (reserved concurrency 1), or two would feed the same lines. */
export const handler = createHandler({
  store: new S3ObjectStore(s3, environment.STUDY_BUCKET),
  queues: environment.QUEUE_URLS.split(',').map((url) => new SqsJobQueue(sqs, url)),
  copyImage: createCopyImage(s3, environment.STUDY_BUCKET),
  atATime: Number(environment.AT_A_TIME),
  clock: systemClock,
  sleep,
  telemetry: createOperationalLog('backfill'),
})
