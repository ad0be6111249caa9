import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { SSMClient } from '@aws-sdk/client-ssm'
import { clientSettings } from '../../lib/adapters/aws/client-settings.ts'
import { createOperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { readParameter } from '../../lib/adapters/aws/read-parameter.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../lib/adapters/aws/sqs-job-queue.ts'
import { createSender } from '../../lib/adapters/delivery/create-sender.ts'
import { createEventBridgeSender } from '../../lib/adapters/delivery/event-bridge-sender.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { parseEnvironment } from '../../lib/screening/kernel/parse-environment.ts'
import { DeliveryRecords } from './delivery-records.ts'
import { deliverEnvironment } from './environment.ts'
import { createHandler } from './handler.ts'
import { TargetSettings } from './target-settings.ts'

const environment = parseEnvironment(deliverEnvironment, process.env)
const sqs = new SQSClient(clientSettings)
const ssm = new SSMClient(clientSettings)
const events = new EventBridgeClient(clientSettings)
const store = new S3ObjectStore(new S3Client(clientSettings), environment.STUDY_BUCKET)

export const handler = createHandler({
  tenant: environment.TENANT,
  target: environment.TARGET,
  store,
  records: new DeliveryRecords(store, environment.TENANT, environment.TARGET),
  settings: new TargetSettings({
    names: { tenant: environment.TENANT_PARAMETER, target: environment.TARGET_PARAMETER },
    read: (name) => readParameter(ssm, name),
    clock: systemClock,
    openSender: async (target, credential) =>
      target.kind === 'eventbridge'
        ? createEventBridgeSender(target, events)
        : createSender(target, credential, systemClock),
  }),
  queue: new SqsJobQueue(sqs, environment.QUEUE_URL),
  deadLetters: new SqsJobQueue(sqs, environment.DEAD_LETTER_URL),
  clock: systemClock,
  random: Math.random,
  telemetry: createOperationalLog('deliver'),
})
