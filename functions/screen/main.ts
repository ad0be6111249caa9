import { availableParallelism } from 'node:os'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { SSMClient } from '@aws-sdk/client-ssm'
import { clientSettings } from '../../lib/adapters/aws/client-settings.ts'
import { EventBridgeEventSink } from '../../lib/adapters/aws/event-bridge-event-sink.ts'
import { createOperationalLog, describeError } from '../../lib/adapters/aws/operational-log.ts'
import { readTenants } from '../../lib/adapters/aws/read-tenants.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { SqsJobQueue } from '../../lib/adapters/aws/sqs-job-queue.ts'
import { TenantDirectory } from '../../lib/adapters/aws/tenant-directory.ts'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../lib/adapters/codecs/create-document-tools.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'
import { parseEnvironment } from '../../lib/screening/kernel/parse-environment.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { screenEnvironment, type WorkerEnvironment } from './environment.ts'
import { MachineCost } from './machine-cost.ts'
import { MachineTime } from './machine-time.ts'
import { openCascade } from './open-cascade.ts'
import { StudyDocuments } from './study-documents.ts'
import { workThrough } from './work-through.ts'

/** The screening container: loads the networks once, works the queues until they stay empty, and ends. */
async function main(stopping: AbortSignal): Promise<void> {
  const environment = parseEnvironment(screenEnvironment, process.env)
  const { EXECUTION_PROVIDER, HOURLY_COST_USD } = environment
  const cost = new MachineCost(Number(HOURLY_COST_USD), telemetry, EXECUTION_PROVIDER)
  try {
    await work(environment, cost, stopping)
  } finally {
    cost.end(performance.now())
  }
}

async function work(environment: WorkerEnvironment, cost: MachineCost, stopping: AbortSignal): Promise<void> {
  const maximumBatch = Number(environment.MAXIMUM_BATCH)
  const { EXECUTION_PROVIDER: executionProvider } = environment

  const codecs = createCodecs()
  const { cascade, verify } = await openCascade(
    new URL('./inference-program.js', import.meta.url),
    {
      modelsFolder: environment.MODELS_FOLDER,
      executionProvider,
      threads: availableParallelism(),
      maximumBatch,
      onBatch: (inputs) => telemetry.metric('BatchSize', inputs, { ExecutionProvider: executionProvider }),
    },
    codecs,
  )
  const ssm = new SSMClient(clientSettings)
  const sqs = new SQSClient(clientSettings)
  const tenants = await TenantDirectory.open(
    () => readTenants(ssm, environment.TENANTS_PARAMETER_PATH),
    systemClock,
    telemetry,
  )
  // Counted from the start of the process, not of this function.
  const coldStartMs = performance.now()
  telemetry.log('info', 'ready', { executionProvider, coldStartMs, models: cascade.classifier.bundle.id })
  telemetry.metric('ColdStartMilliseconds', coldStartMs, { ExecutionProvider: executionProvider })

  await workThrough(
    {
      queues: {
        stat: new SqsJobQueue(sqs, environment.STAT_QUEUE_URL, environment.STAT_DEAD_LETTER_URL),
        routine: new SqsJobQueue(sqs, environment.ROUTINE_QUEUE_URL, environment.ROUTINE_DEAD_LETTER_URL),
      },
      store: new S3ObjectStore(new S3Client(clientSettings), environment.STUDY_BUCKET),
      events: new EventBridgeEventSink(new EventBridgeClient(clientSettings), environment.EVENT_BUS_NAME),
      codecs,
      clock: systemClock,
      cascade,
      tenantOf: (id) => tenants.find(id),
      documents: new StudyDocuments(
        new URL('./documents-program.js', import.meta.url),
        createDocumentTools(codecs),
        systemClock,
      ),
      machineTime: new MachineTime(coldStartMs),
      hourlyCostUsd: Number(environment.HOURLY_COST_USD),
      softwareVersion: packageJson.version,
      maximumReceives: Number(environment.MAXIMUM_RECEIVES),
      firstRetryMs: 1000 * Number(environment.FIRST_RETRY_SECONDS),
      verify,
      telemetry,
      beat: () => cost.beat(performance.now()),
    },
    {
      // One batch in the network, one being fetched and decoded, and some being written.
      maximumUnderWay: 2 * maximumBatch + 2,
      visibilityMs: 1000 * Number(environment.VISIBILITY_SECONDS),
      idleExitMs: 1000 * Number(environment.IDLE_EXIT_SECONDS),
    },
    stopping,
  )
  telemetry.log('info', 'ended', { stopped: stopping.aborted })
}

const telemetry = createOperationalLog('screen')
const stop = new AbortController()
// A second signal while it drains changes nothing: only SIGKILL cuts it short.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())

try {
  await main(stop.signal)
  process.exit(0)
} catch (error) {
  // The text of a configuration error is ours and names what to do; that of others may quote data.
  const text = error instanceof ConfigurationError ? { message: error.message } : {}
  telemetry.log('error', 'screening-worker-failed', { ...describeError(error), ...text })
  process.exit(1)
}
