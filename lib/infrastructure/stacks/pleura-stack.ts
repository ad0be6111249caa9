import { Aws, CfnOutput, Duration, Stack, type StackProps, Tags, TimeZone } from 'aws-cdk-lib'
import type { IManagedComputeEnvironment } from 'aws-cdk-lib/aws-batch'
import { Platform } from 'aws-cdk-lib/aws-ecr-assets'
import { ContainerImage } from 'aws-cdk-lib/aws-ecs'
import { EventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { ScheduleExpression, Schedule as SchedulerSchedule, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { Universal } from 'aws-cdk-lib/aws-scheduler-targets'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import type { Construct } from 'constructs'
import type { DispatchEnvironment } from '../../../functions/dispatch/environment.ts'
import type { PreprocessEnvironment } from '../../../functions/preprocess/environment.ts'
import type { ScreenEnvironment } from '../../../functions/screen/environment.ts'
import {
  maximumDeliveries,
  maximumUploadDeliveries,
  uploadsAtATime,
} from '../../screening/screening-job/delivery-limits.ts'
import { acknowledge, acknowledgeOwnPolicy, acknowledgePrefixes } from '../acknowledge.ts'
import type { Assets } from '../assets.ts'
import type { EnvironmentConfig } from '../config.ts'
import { notify } from '../constructs/notify.ts'
import { Observability } from '../constructs/observability.ts'
import { Program } from '../constructs/program.ts'
import { ScreeningFleet } from '../constructs/screening-fleet.ts'
import { StudyBucket } from '../constructs/study-bucket.ts'
import { StudyNetwork } from '../constructs/study-network.ts'
import { TenantAccess } from '../constructs/tenant-access.ts'
import { WatchedQueue } from '../constructs/watched-queue.ts'

export interface PleuraStackProps extends StackProps {
  readonly config: EnvironmentConfig
  readonly assets: Assets
}

/** A frame at its time limit of a minute (`frame-limits.ts`), and half as long for all else. */
const preprocessTimeout = Duration.seconds(90)
/**
 * How long an upload waits whose function was killed in mid-work. Lambda advises six times the function's time for batches
 * that it may have to try again itself; an upload is a batch of its own, and its invocations are limited where they begin.
 */
const uploadVisibility = Duration.seconds(2 * preprocessTimeout.toSeconds())
/** How long the images of a worker that was killed wait for the next one; heartbeats renew it at a third. */
const screenVisibility = Duration.minutes(2)
/** Before an image that failed is tried again; then four times as long, and again. */
const firstRetry = Duration.seconds(30)
/** How long a drain job waits for more before it ends; the idle tail that is paid for. Unit: seconds. */
const idleExitSeconds = { gpu: 120, warm: 900, cpu: 60 } as const
/** Assumed price of the worker's machine, for the estimate on receipts; `pleura cost` has the dated table. Unit: USD. */
const hourlyCostUsd = { gpu: 0.65, warm: 0.65, cpu: 0.2 } as const
/** vCPUs of the machine that the warm profile keeps ready. */
const warmCpus = 4

/** One environment of Pleura: everything that `cdk deploy` makes. */
export class PleuraStack extends Stack {
  readonly #zones: readonly string[] | null

  /** Those of the configuration, so that synthesis needs no account; otherwise looked up. */
  override get availabilityZones(): string[] {
    return this.#zones ? [...this.#zones] : super.availabilityZones
  }

  constructor(scope: Construct, id: string, { config, assets, ...props }: PleuraStackProps) {
    super(scope, id, props)
    this.#zones = config.availabilityZones
    Tags.of(this).add('pleura:environment', config.name)

    const { bucket, key: studyKey } = new StudyBucket(this, 'Studies', {
      retentionDays: config.retentionDays,
      resultDays: Object.fromEntries(config.tenants.map(({ settings }) => [settings.id, settings.retentionDays])),
    })
    const logDays = config.retentionDays.logs
    // A key of its own: services that may use it for queues, logs and alarms have no part in the studies.
    const key = new Key(this, 'OperationsKey', {
      description: 'Queues, logs and alarms of Pleura',
      enableKeyRotation: true,
    })
    key.grantEncryptDecrypt(new ServicePrincipal(`logs.${config.region}.amazonaws.com`))

    const waiting = { key, visibility: uploadVisibility, maximumReceives: maximumUploadDeliveries }
    const uploads = new WatchedQueue(this, 'Uploads', waiting)
    // One place to look for all that became of no upload.
    const { deadLetters } = uploads
    const statUploads = new WatchedQueue(this, 'StatUploads', { ...waiting, deadLetters })
    const routineUploads = new WatchedQueue(this, 'RoutineUploads', { ...waiting, deadLetters })
    const lane = { key, visibility: screenVisibility, maximumReceives: maximumDeliveries }
    const stat = new WatchedQueue(this, 'Stat', lane)
    const routine = new WatchedQueue(this, 'Routine', lane)
    const bus = new EventBus(this, 'Findings', { eventBusName: `pleura-${config.name}`, kmsKey: key })
    const tenantsPath = `/pleura/${config.name}/tenants`
    for (const { settings, trustedAccount, externalId } of config.tenants) {
      new StringParameter(this, `Settings-${settings.id}`, {
        parameterName: `${tenantsPath}/${settings.id}`,
        stringValue: JSON.stringify(settings),
      })
      if (trustedAccount !== null && externalId !== null) {
        new TenantAccess(this, `Tenant-${settings.id}`, {
          tenant: settings.id,
          trustedAccount,
          externalId,
          bucket,
          key: studyKey,
        })
      }
    }

    const network = new StudyNetwork(this, 'Network', {
      endpoints: config.endpoints,
      key,
      logDays,
    })
    const inside = network.isPrivate ? { network: { vpc: network.vpc, securityGroup: network.workers } } : {}
    const tenantsArn = this.formatArn({ service: 'ssm', resource: 'parameter', resourceName: tenantsPath.slice(1) })
    const objects = (...patterns: string[]) => patterns.map((pattern) => bucket.arnForObjects(pattern))
    /**
     * Without the right to list, S3 answers 403 in place of 404 when an object is absent. It asks for that right without
     * a prefix, so the condition holds only where there is one: the programs can see names of objects elsewhere too, but
     * read none.
     */
    const mayList = (prefixes: string[]) =>
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLikeIfExists: { 's3:prefix': prefixes } },
      })
    const keyActions = ['kms:Decrypt', 'kms:GenerateDataKey']

    const preprocess = new Program(this, 'Preprocess', {
      asset: assets.preprocess,
      timeout: preprocessTimeout,
      memorySize: 2048,
      key,
      logDays,
      ...inside,
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
    preprocess.allow(['s3:GetObject', 's3:GetObjectVersion'], objects('uploads/*'))
    preprocess.allow(['s3:GetObject', 's3:PutObject'], objects('prepared/*', 'results/*', 'usage/*/admitted/*'))
    preprocess.lambda.addToRolePolicy(mayList(['uploads/*', 'prepared/*', 'results/*', 'usage/*']))
    preprocess.allow(
      ['sqs:SendMessage'],
      [statUploads, routineUploads, stat, routine].map(({ queue }) => queue.queueArn),
    )
    preprocess.allow(['events:PutEvents'], [bus.eventBusArn])
    preprocess.allow(['ssm:GetParametersByPath'], [tenantsArn])
    preprocess.allow(keyActions, [studyKey.keyArn, key.keyArn])
    acknowledgePrefixes(preprocess.role, bucket, ['uploads/*', 'prepared/*', 'results/*', 'usage/*/admitted/*'])

    const fleet = new ScreeningFleet(this, 'Fleet', {
      profile: config.profile,
      network,
      image: this.#image(config, assets),
      instanceTypes: config.instanceTypes,
      maximumJobs: config.maximumJobs,
      key,
      logDays,
      environment: {
        STUDY_BUCKET: bucket.bucketName,
        STAT_QUEUE_URL: stat.queue.queueUrl,
        ROUTINE_QUEUE_URL: routine.queue.queueUrl,
        TENANTS_PARAMETER_PATH: tenantsPath,
        EVENT_BUS_NAME: bus.eventBusName,
        EXECUTION_PROVIDER: config.profile === 'cpu' ? 'cpu' : 'cuda',
        ORT_DISABLE_TELEMETRY: '1',
        MODELS_FOLDER: '/opt/pleura/models',
        IDLE_EXIT_SECONDS: String(idleExitSeconds[config.profile]),
        VISIBILITY_SECONDS: String(screenVisibility.toSeconds()),
        MAXIMUM_BATCH: '8',
        MAXIMUM_RECEIVES: String(maximumDeliveries),
        STAT_DEAD_LETTER_URL: stat.deadLetters.queueUrl,
        ROUTINE_DEAD_LETTER_URL: routine.deadLetters.queueUrl,
        FIRST_RETRY_SECONDS: String(firstRetry.toSeconds()),
        HOURLY_COST_USD: String(hourlyCostUsd[config.profile]),
      } satisfies ScreenEnvironment,
    })
    fleet.allow(['s3:GetObject'], objects('prepared/*', 'results/*', 'usage/*/receipts/*', 'failures/*'))
    fleet.allow(['s3:PutObject'], objects('results/*', 'usage/*/receipts/*', 'failures/*'))
    fleet.allow(['s3:DeleteObject'], objects('failures/*'))
    fleet.workerRole.addToPolicy(mayList(['prepared/*', 'results/*', 'usage/*', 'failures/*']))
    fleet.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
      [stat.queue.queueArn, routine.queue.queueArn],
    )
    fleet.allow(['sqs:SendMessage'], [stat.deadLetters.queueArn, routine.deadLetters.queueArn])
    fleet.allow(['events:PutEvents'], [bus.eventBusArn])
    fleet.allow(['ssm:GetParametersByPath'], [tenantsArn])
    fleet.allow(keyActions, [studyKey.keyArn, key.keyArn])
    acknowledgePrefixes(fleet.workerRole, bucket, ['prepared/*', 'results/*', 'usage/*/receipts/*', 'failures/*'])

    const dispatch = new Program(this, 'Dispatch', {
      asset: assets.dispatch,
      timeout: Duration.seconds(50),
      memorySize: 256,
      key,
      logDays,
      reservedConcurrency: 1,
      ...inside,
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
    new Rule(this, 'Tick', {
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(dispatch.lambda)],
    })
    // A prepared study wakes the dispatcher without waiting for the tick; a burst becomes one call.
    const wake = new Queue(this, 'Wake', {
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
    dispatch.lambda.addEventSource(
      new SqsEventSource(wake, { batchSize: 1000, maxBatchingWindow: Duration.seconds(5) }),
    )
    const outputs = {
      StudyBucket: bucket.bucketName,
      StudyKey: studyKey.keyArn,
      UploadQueue: uploads.queue.queueUrl,
      UploadDeadLetters: deadLetters.queueUrl,
      StatQueue: stat.queue.queueUrl,
      StatDeadLetters: stat.deadLetters.queueUrl,
      RoutineQueue: routine.queue.queueUrl,
      RoutineDeadLetters: routine.deadLetters.queueUrl,
      FindingsBus: bus.eventBusName,
      JobQueue: fleet.jobQueue.jobQueueName,
      JobDefinition: fleet.jobDefinition.jobDefinitionName,
    }
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, `${name}Output`, { key: name, value })
    if (fleet.warm) this.#keepWarm(fleet.warm, config.clinicHours)

    new Observability(this, 'Observability', {
      name: config.name,
      alarmEmail: config.alarmEmail,
      monthlyBudgetUsd: config.monthlyBudgetUsd,
      profile: config.profile,
      key,
      queues: { uploads, statUploads, routineUploads, stat, routine },
      preprocess,
      dispatch,
    })
  }

  #image({ profile, imageUri }: EnvironmentConfig, { screen }: Assets): ContainerImage {
    if (imageUri !== null) return ContainerImage.fromRegistry(imageUri)
    return ContainerImage.fromAsset(screen, {
      platform: Platform.LINUX_AMD64,
      target: profile === 'cpu' ? 'cpu' : 'gpu',
    })
  }

  /** One machine stands ready in clinic hours: its image is there, a job starts in seconds. */
  #keepWarm(
    { computeEnvironmentArn }: IManagedComputeEnvironment,
    { timeZone, from, to }: EnvironmentConfig['clinicHours'],
  ): void {
    const role = new Role(this, 'WarmRole', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') })
    acknowledgeOwnPolicy(role)
    const mayUpdate = new PolicyStatement({
      actions: ['batch:UpdateComputeEnvironment'],
      resources: [computeEnvironmentArn],
    })
    for (const [name, hour, minimum] of [
      ['Open', from, warmCpus],
      ['Close', to, 0],
    ] as const) {
      new SchedulerSchedule(this, `Warm${name}`, {
        description: `The warm machine ${minimum ? 'stands ready' : 'may go'} from ${hour}:00`,
        schedule: ScheduleExpression.cron({
          minute: '0',
          hour: String(hour),
          weekDay: 'MON-FRI',
          timeZone: TimeZone.of(timeZone),
        }),
        target: new Universal({
          service: 'batch',
          action: 'updateComputeEnvironment',
          input: ScheduleTargetInput.fromObject({
            ComputeEnvironment: computeEnvironmentArn,
            ComputeResources: { MinvCpus: minimum },
          }),
          role,
          policyStatements: [mayUpdate],
        }),
      })
    }
  }
}
