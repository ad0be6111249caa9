import { CfnOutput, Duration } from 'aws-cdk-lib'
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Construct } from 'constructs'
import type { BackfillEnvironment } from '../../../functions/backfill/environment.ts'
import { acknowledge, acknowledgePrefixes } from '../acknowledge.ts'
import { backfillAlarmText } from '../alarm-texts.ts'
import type { BackfillConfig } from '../config.ts'
import { alarmFrom } from '../constructs/alarm-from.ts'
import { Program } from '../constructs/program.ts'
import { insideOf, keyActions, mayList, objectsOf, type Surroundings } from './surroundings.ts'

const plans = ['backfills/*', 'open-backfills/*']

/** The function that feeds archives into the lanes, a few images at a time, and its rights on them. */
export function addBackfill(
  stack: Construct,
  { sources, keys, atATime }: BackfillConfig,
  surroundings: Surroundings,
  watch: (alarm: Alarm) => void,
): void {
  const { config, assets, bucket, studyKey, key } = surroundings
  const queues = Object.values(surroundings.queues).map(({ queue }) => queue)
  const scope = new Construct(stack, 'Backfill')
  const program = new Program(scope, 'Program', {
    asset: assets.backfill,
    // One begun by a tick goes on beyond the next, which the reserved concurrency then refuses.
    timeout: Duration.minutes(5),
    memorySize: 256,
    key,
    logDays: config.retentionDays.logs,
    reservedConcurrency: 1,
    ...insideOf(surroundings),
    environment: {
      STUDY_BUCKET: bucket.bucketName,
      QUEUE_URLS: queues.map(({ queueUrl }) => queueUrl).join(','),
      AT_A_TIME: String(atATime),
    } satisfies BackfillEnvironment,
  })
  program.allow(['s3:GetObject'], [...objectsOf(surroundings, ...plans), ...sources])
  program.allow(['s3:PutObject'], objectsOf(surroundings, 'backfills/*', 'uploads/*/backfill/*'))
  program.allow(['s3:DeleteObject'], objectsOf(surroundings, 'open-backfills/*'))
  program.lambda.addToRolePolicy(mayList(surroundings, plans))
  // Without it S3 says of an object that is gone what it says of one that may not be read.
  program.allow(['s3:ListBucket'], [...new Set(sources.map((source) => source.replace(/\/.*$/, '')))])
  program.allow(
    ['sqs:GetQueueAttributes'],
    queues.map(({ queueArn }) => queueArn),
  )
  program.allow(keyActions, [studyKey.keyArn, key.keyArn])
  if (keys.length > 0) program.allow(['kms:Decrypt'], keys)
  acknowledgePrefixes(program.role, bucket, [...plans, 'uploads/*/backfill/*'])
  for (const source of sources.filter((pattern) => pattern.includes('*'))) {
    acknowledge(program.role, {
      [`AwsSolutions-IAM5[Resource::${source}]`]: 'The archive: whoever deploys has named it in the configuration.',
    })
  }
  new Rule(scope, 'Tick', {
    schedule: Schedule.rate(Duration.minutes(1)),
    // The next tick comes in a minute: one that was refused is not brought again.
    targets: [new LambdaFunction(program.lambda, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
  })
  new CfnOutput(stack, 'BackfillFunctionOutput', { key: 'BackfillFunction', value: program.lambda.functionName })
  watch(
    alarmFrom(scope, 'Errors', {
      metric: program.lambda.metricErrors({ period: Duration.minutes(15) }),
      threshold: 3,
      evaluationPeriods: 1,
      text: backfillAlarmText('Errors'),
    }),
  )
}
