import { Aws, Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { DispatchEnvironment } from '../../../functions/dispatch/environment.ts'
import { acknowledge } from '../acknowledge.ts'
import { notify } from '../constructs/notify.ts'
import { Program } from '../constructs/program.ts'
import type { ScreeningFleet } from '../constructs/screening-fleet.ts'
import { insideOf, type Surroundings } from './surroundings.ts'

/** The Lambda that starts as many workers as the backlog asks for, and what wakes it. */
export function addDispatch(stack: Construct, fleet: ScreeningFleet, surroundings: Surroundings): Program {
  const { config, assets, bucket, key } = surroundings
  const { uploads, stat, routine } = surroundings.queues
  const dispatch = new Program(stack, 'Dispatch', {
    asset: assets.dispatch,
    timeout: Duration.seconds(50),
    memorySize: 256,
    key,
    logDays: config.retentionDays.logs,
    reservedConcurrency: 1,
    ...insideOf(surroundings),
    environment: {
      STAT_QUEUE_URL: stat.queue.queueUrl,
      ROUTINE_QUEUE_URL: routine.queue.queueUrl,
      BATCH_JOB_QUEUE: fleet.jobQueue.jobQueueArn,
      BATCH_JOB_DEFINITION: fleet.jobDefinition.jobDefinitionName,
      IMAGES_PER_JOB: String(config.imagesPerJob),
      MAXIMUM_JOBS: String(config.maximumJobs),
    } satisfies DispatchEnvironment,
  })
  dispatch.allow(['sqs:GetQueueAttributes'], [stat.queue.queueArn, routine.queue.queueArn])
  dispatch.allow(['batch:SubmitJob'], [fleet.jobQueue.jobQueueArn, fleet.jobDefinitionArn])
  dispatch.allow(['batch:ListJobs'], ['*'])
  acknowledge(dispatch.role, {
    'AwsSolutions-IAM5[Resource::*]':
      'batch:ListJobs knows no resources; it shows job names and states, nothing of a study.',
    [`AwsSolutions-IAM5[Resource::${fleet.jobDefinitionArn.replace(Aws.PARTITION, '<AWS::Partition>')}]`]:
      'Every revision of the one drain job: a deployment makes a new one while jobs of the old one are submitted.',
  })
  dispatch.allow(['kms:Decrypt'], [key.keyArn])
  new Rule(stack, 'Tick', {
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [new LambdaFunction(dispatch.lambda)],
  })
  // A prepared study wakes the dispatcher without waiting for the tick; a burst becomes one call.
  const wake = new Queue(stack, 'Wake', {
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    enforceSSL: true,
    retentionPeriod: Duration.minutes(5),
    visibilityTimeout: Duration.minutes(5),
  })
  acknowledge(wake, {
    'AwsSolutions-SQS3':
      'Its messages are hints that something waits; a lost one is made up for by the tick within a minute.',
  })
  notify(bucket, key, [
    { queue: uploads.queue, prefix: 'uploads/' },
    { queue: wake, prefix: 'prepared/', suffix: 'study.json' },
  ])
  dispatch.lambda.addEventSource(new SqsEventSource(wake, { batchSize: 1000, maxBatchingWindow: Duration.seconds(5) }))
  return dispatch
}
