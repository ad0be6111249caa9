import { fileURLToPath } from 'node:url'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { SSMClient } from '@aws-sdk/client-ssm'
import { clientSettings } from '../../lib/adapters/aws/client-settings.ts'
import { EventBridgeEventSink } from '../../lib/adapters/aws/event-bridge-event-sink.ts'
import { createOperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { readTenants } from '../../lib/adapters/aws/read-tenants.ts'
import { readUpload } from '../../lib/adapters/aws/read-upload.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../lib/adapters/aws/sqs-job-queue.ts'
import { TenantDirectory } from '../../lib/adapters/aws/tenant-directory.ts'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { readCascadeModels } from '../../lib/adapters/onnx/read-bundle.ts'
import { parseEnvironment } from '../../lib/screening/kernel/parse-environment.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { expectScreeningKey } from '../../lib/screening/result-documents/screening-key.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { Admissions } from './admissions.ts'
import { preprocessEnvironment } from './environment.ts'
import { createHandler } from './handler.ts'
import { SqsUploadQueue } from './upload-queue.ts'

// The cold start: what is missing or wrong fails here, not at the first study.
const environment = parseEnvironment(preprocessEnvironment, process.env)
const s3 = new S3Client(clientSettings)
const sqs = new SQSClient(clientSettings)
const store = new S3ObjectStore(s3, environment.STUDY_BUCKET)

// Their descriptions alone: what this release's workers screen with.
const models = await readCascadeModels(fileURLToPath(new URL('./models', import.meta.url)))
const ssm = new SSMClient(clientSettings)
const telemetry = createOperationalLog('preprocess')
const tenants = await TenantDirectory.open(
  () => readTenants(ssm, environment.TENANTS_PARAMETER_PATH),
  systemClock,
  telemetry,
)

export const handler = createHandler(environment.STUDY_BUCKET, {
  store,
  readUpload: ({ key, versionId }) =>
    readUpload(
      s3,
      { Bucket: environment.STUDY_BUCKET, Key: key, ...(versionId === null ? {} : { VersionId: versionId }) },
      environment.STUDY_KEY_ARN,
    ),
  notifications: new SqsUploadQueue(sqs, environment.UPLOAD_QUEUE_URL),
  uploads: {
    stat: new SqsUploadQueue(sqs, environment.STAT_UPLOADS_QUEUE_URL),
    routine: new SqsUploadQueue(sqs, environment.ROUTINE_UPLOADS_QUEUE_URL),
  },
  firstRetryMs: 2_000,
  queues: {
    stat: new SqsJobQueue(sqs, environment.STAT_QUEUE_URL),
    routine: new SqsJobQueue(sqs, environment.ROUTINE_QUEUE_URL),
  },
  events: new EventBridgeEventSink(new EventBridgeClient(clientSettings), environment.EVENT_BUS_NAME),
  codecs: createCodecs(),
  clock: systemClock,
  tenantOf: (id) => tenants.find(id),
  screeningKeyOf: (tenant, preparation) => expectScreeningKey(models, tenant, preparation),
  admissions: new Admissions(store, systemClock),
  policy: defaultSuitabilityPolicy,
  maximumUploadBytes: Number(environment.MAXIMUM_UPLOAD_BYTES),
  softwareVersion: packageJson.version,
  telemetry,
})
