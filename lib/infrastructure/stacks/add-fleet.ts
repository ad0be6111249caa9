import { Duration } from 'aws-cdk-lib'
import { Platform } from 'aws-cdk-lib/aws-ecr-assets'
import { ContainerImage } from 'aws-cdk-lib/aws-ecs'
import type { Construct } from 'constructs'
import type { ScreenEnvironment } from '../../../functions/screen/environment.ts'
import { maximumDeliveries } from '../../screening/screening-job/delivery-limits.ts'
import { acknowledgePrefixes } from '../acknowledge.ts'
import { ScreeningFleet } from '../constructs/screening-fleet.ts'
import { screenVisibility } from './queues.ts'
import { keyActions, mayList, objectsOf, type Surroundings } from './surroundings.ts'

/** Before an image that failed is tried again; then four times as long, and again. */
const firstRetry = Duration.seconds(30)
/** How long a drain job waits for more before it ends; the idle tail that is paid for. Unit: seconds. */
const idleExitSeconds = { gpu: 120, warm: 900, cpu: 60 } as const
/** Assumed price of the worker's machine, for the estimate on receipts; `pleura cost` has the dated table. Unit: USD. */
const hourlyCostUsd = { gpu: 0.65, warm: 0.65, cpu: 0.2 } as const

/** The workers that screen, what they are told and what they may. */
export function addFleet(stack: Construct, surroundings: Surroundings): ScreeningFleet {
  const { config, bucket, studyKey, key, bus, network, tenantsPath, tenantsArn } = surroundings
  const { stat, routine } = surroundings.queues
  const fleet = new ScreeningFleet(stack, 'Fleet', {
    profile: config.profile,
    network,
    image: imageOf(surroundings),
    instanceTypes: config.instanceTypes,
    maximumJobs: config.maximumJobs,
    key,
    logDays: config.retentionDays.logs,
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
  fleet.allow(['s3:GetObject'], objectsOf(surroundings, 'prepared/*', 'results/*', 'usage/*/receipts/*', 'failures/*'))
  fleet.allow(['s3:PutObject'], objectsOf(surroundings, 'results/*', 'usage/*/receipts/*', 'failures/*'))
  fleet.allow(['s3:DeleteObject'], objectsOf(surroundings, 'failures/*'))
  fleet.workerRole.addToPolicy(mayList(surroundings, ['prepared/*', 'results/*', 'usage/*', 'failures/*']))
  fleet.allow(
    ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
    [stat.queue.queueArn, routine.queue.queueArn],
  )
  fleet.allow(['sqs:SendMessage'], [stat.deadLetters.queueArn, routine.deadLetters.queueArn])
  fleet.allow(['events:PutEvents'], [bus.eventBusArn])
  fleet.allow(['ssm:GetParametersByPath'], [tenantsArn])
  fleet.allow(keyActions, [studyKey.keyArn, key.keyArn])
  acknowledgePrefixes(fleet.workerRole, bucket, ['prepared/*', 'results/*', 'usage/*/receipts/*', 'failures/*'])
  return fleet
}

function imageOf({ config: { profile, imageUri }, assets: { screen } }: Surroundings): ContainerImage {
  if (imageUri !== null) return ContainerImage.fromRegistry(imageUri)
  return ContainerImage.fromAsset(screen, {
    platform: Platform.LINUX_AMD64,
    target: profile === 'cpu' ? 'cpu' : 'gpu',
  })
}
