import { BatchClient } from '@aws-sdk/client-batch'
import { SQSClient } from '@aws-sdk/client-sqs'
import { clientSettings } from '../../lib/adapters/aws/client-settings.ts'
import { createOperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { SqsJobQueue } from '../../lib/adapters/aws/sqs-job-queue.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { parseEnvironment } from '../../lib/screening/kernel/parse-environment.ts'
import { DrainJobs } from './drain-jobs.ts'
import { dispatchEnvironment } from './environment.ts'
import { createHandler } from './handler.ts'

const environment = parseEnvironment(dispatchEnvironment, process.env)
const sqs = new SQSClient(clientSettings)

/**
 * Called on enqueue and every minute; what calls it does not matter, only what lies in the queues. One invocation at a
 * time (reserved concurrency 1), or two would both submit what is missing.
 */
export const handler = createHandler({
  queues: [new SqsJobQueue(sqs, environment.STAT_QUEUE_URL), new SqsJobQueue(sqs, environment.ROUTINE_QUEUE_URL)],
  jobs: new DrainJobs(new BatchClient(clientSettings), environment.BATCH_JOB_QUEUE, environment.BATCH_JOB_DEFINITION),
  limits: { imagesPerJob: Number(environment.IMAGES_PER_JOB), maximumJobs: Number(environment.MAXIMUM_JOBS) },
  clock: systemClock,
  telemetry: createOperationalLog('dispatch'),
})
