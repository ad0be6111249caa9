import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import type { Construct } from 'constructs'
import type { PreprocessEnvironment } from '../../../functions/preprocess/environment.ts'
import { uploadsAtATime } from '../../screening/screening-job/delivery-limits.ts'
import { acknowledgePrefixes } from '../acknowledge.ts'
import { Program } from '../constructs/program.ts'
import { preprocessTimeout } from './queues.ts'
import { insideOf, keyActions, mayList, objectsOf, type Surroundings } from './surroundings.ts'

/** The Lambda between the bucket and the lanes of jobs, with its lanes of uploads and its rights. */
export function addPreprocessing(stack: Construct, surroundings: Surroundings): Program {
  const { config, assets, bucket, studyKey, key, bus, tenantsPath, tenantsArn } = surroundings
  const { uploads, statUploads, routineUploads, stat, routine } = surroundings.queues
  const preprocess = new Program(stack, 'Preprocess', {
    asset: assets.preprocess,
    timeout: preprocessTimeout,
    memorySize: 2048,
    key,
    logDays: config.retentionDays.logs,
    ...insideOf(surroundings),
    environment: {
      STUDY_BUCKET: bucket.bucketName,
      STUDY_KEY_ARN: studyKey.keyArn,
      UPLOAD_QUEUE_URL: uploads.queue.queueUrl,
      STAT_UPLOADS_QUEUE_URL: statUploads.queue.queueUrl,
      ROUTINE_UPLOADS_QUEUE_URL: routineUploads.queue.queueUrl,
      STAT_QUEUE_URL: stat.queue.queueUrl,
      ROUTINE_QUEUE_URL: routine.queue.queueUrl,
      TENANTS_PARAMETER_PATH: tenantsPath,
      EVENT_BUS_NAME: bus.eventBusName,
      MAXIMUM_UPLOAD_BYTES: String(config.maximumUploadBytes),
    } satisfies PreprocessEnvironment,
  })
  // An upload alone: one that ends the function takes nobody along. Limits apart: routine never takes the place of stat.
  for (const [{ queue }, batchSize, maxConcurrency] of [
    [uploads, 10, uploadsAtATime.sorted],
    [statUploads, 1, uploadsAtATime.stat],
    [routineUploads, 1, uploadsAtATime.routine],
  ] as const) {
    const source = new SqsEventSource(queue, { batchSize, maxConcurrency, reportBatchItemFailures: true })
    preprocess.lambda.addEventSource(source)
  }
  preprocess.allow(['s3:GetObject', 's3:GetObjectVersion'], objectsOf(surroundings, 'uploads/*'))
  preprocess.allow(
    ['s3:GetObject', 's3:PutObject'],
    objectsOf(surroundings, 'prepared/*', 'results/*', 'usage/*/admitted/*'),
  )
  preprocess.lambda.addToRolePolicy(mayList(surroundings, ['uploads/*', 'prepared/*', 'results/*', 'usage/*']))
  preprocess.allow(
    ['sqs:SendMessage'],
    [statUploads, routineUploads, stat, routine].map(({ queue }) => queue.queueArn),
  )
  preprocess.allow(['events:PutEvents'], [bus.eventBusArn])
  preprocess.allow(['ssm:GetParametersByPath'], [tenantsArn])
  preprocess.allow(keyActions, [studyKey.keyArn, key.keyArn])
  acknowledgePrefixes(preprocess.role, bucket, ['uploads/*', 'prepared/*', 'results/*', 'usage/*/admitted/*'])
  return preprocess
}
