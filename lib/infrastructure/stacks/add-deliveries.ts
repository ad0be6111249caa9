import { Duration, Stack } from 'aws-cdk-lib'
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { type IStringParameter, StringParameter } from 'aws-cdk-lib/aws-ssm'
import { Construct } from 'constructs'
import type { DeliverEnvironment } from '../../../functions/deliver/environment.ts'
import { type CloudTarget, maximumReceives, pacesOf, secretOf } from '../../delivery/cloud-target.ts'
import { acknowledgePrefixes } from '../acknowledge.ts'
import { deliveryAlarms } from '../constructs/delivery-alarms.ts'
import { Program } from '../constructs/program.ts'
import { WatchedQueue } from '../constructs/watched-queue.ts'
import { insideOf, keyActions, mayList, objectsOf, type Surroundings } from './surroundings.ts'

/** Of the bus and all that is told on it. A test holds it to what the programs write. */
const source = 'pleura'
/** For reading settings and saying what became of each delivery. Unit: seconds. */
const besideDeliveries = 30

/**
 * For each target of each tenant a queue, its dead letters, what fills it and a function that empties it, with rights on
 * this one target's results, records, settings and secret: a target that is down or ill-behaved delays no other.
 * @param settings Each tenant's settings, by its id.
 * @returns the URLs of the dead-letter queues, by `<tenant>/<target>`
 */
export function addDeliveries(
  stack: Construct,
  surroundings: Surroundings,
  settings: ReadonlyMap<string, IStringParameter>,
  watch: (alarm: Alarm) => void,
): Record<string, string> {
  const deadLetters: Record<string, string> = {}
  const deliveries = new Construct(stack, 'Deliver')
  for (const { settings: tenant, targets } of surroundings.config.tenants) {
    if (targets.length === 0) continue
    const ofTenant = new Construct(deliveries, tenant.id)
    for (const target of targets) {
      const ofTarget = new Construct(ofTenant, target.name)
      const { queue, program } = addDelivery(ofTarget, tenant.id, target, settings.get(tenant.id)!, surroundings)
      for (const alarm of deliveryAlarms(ofTarget, { tenant: tenant.id, target: target.name, queue, program }))
        watch(alarm)
      deadLetters[`${tenant.id}/${target.name}`] = queue.deadLetters.queueUrl
    }
  }
  return deadLetters
}

function addDelivery(
  scope: Construct,
  tenant: string,
  target: CloudTarget,
  tenantSettings: IStringParameter,
  surroundings: Surroundings,
): { readonly queue: WatchedQueue; readonly program: Program } {
  const { config, assets, bucket, studyKey, key, bus } = surroundings
  const { batch, atATime, invocations } = pacesOf(target)
  const timeout = Duration.seconds(Math.ceil(batch / atATime) * target.timeoutSeconds + besideDeliveries)
  const queue = new WatchedQueue(scope, 'Waiting', {
    key,
    // How long a delivery waits whose function was killed in mid-work.
    visibility: Duration.seconds(2 * timeout.toSeconds()),
    maximumReceives,
  })
  const targetSettings = new StringParameter(scope, 'Settings', {
    parameterName: `/pleura/${config.name}/targets/${tenant}/${target.name}`,
    stringValue: JSON.stringify(target),
  })
  const program = new Program(scope, 'Program', {
    asset: assets.deliver,
    timeout,
    // Documents are held whole, a Secondary Capture of some 30 MB among them.
    memorySize: target.kind === 'webhook' || target.kind === 'eventbridge' ? 512 : 1024,
    key,
    logDays: config.retentionDays.logs,
    outside:
      'With economy endpoints functions are kept out of the VPC. This one speaks to AWS services and to its one target, by TLS, and never to a private address; the private endpoints put it inside.',
    ...(invocations === null ? { reservedConcurrency: 1 } : {}),
    ...insideOf(surroundings, waysTo(scope, target, surroundings)),
    environment: {
      STUDY_BUCKET: bucket.bucketName,
      TENANT: tenant,
      TARGET: target.name,
      TENANT_PARAMETER: tenantSettings.parameterName,
      TARGET_PARAMETER: targetSettings.parameterName,
      QUEUE_URL: queue.queue.queueUrl,
      DEAD_LETTER_URL: queue.deadLetters.queueUrl,
    } satisfies DeliverEnvironment,
  })
  program.lambda.addEventSource(
    new SqsEventSource(queue.queue, {
      batchSize: batch,
      // Of two, the fewest there may be, the reserved concurrency lets one through.
      maxConcurrency: invocations ?? 2,
      reportBatchItemFailures: true,
    }),
  )
  new Rule(scope, 'Told', {
    eventBus: bus,
    description: `Results of ${tenant} for ${target.name}`,
    eventPattern: { source: [source], detail: { tenant: [tenant] } },
    // What the bus cannot bring is kept beside what the target did not take.
    targets: [new SqsQueue(queue.queue, { deadLetterQueue: queue.deadLetters })],
  })
  const results = `results/${tenant}/*`
  const records = `deliveries/${tenant}/${target.name}/*`
  program.allow(['s3:GetObject'], objectsOf(surroundings, results, records))
  program.allow(['s3:PutObject', 's3:DeleteObject'], objectsOf(surroundings, records))
  program.lambda.addToRolePolicy(mayList(surroundings, [results, records]))
  program.allow(['sqs:SendMessage'], [queue.deadLetters.queueArn])
  program.allow(['ssm:GetParameter'], [tenantSettings.parameterArn, targetSettings.parameterArn])
  program.allow(keyActions, [studyKey.keyArn, key.keyArn])
  allowSecret(program, secretOf(target))
  if (target.kind === 'eventbridge') program.allow(['events:PutEvents'], [target.busArn])
  acknowledgePrefixes(program.role, bucket, [results, records])
  return { queue, program }
}

/** The Parameter Store hands a secret of Secrets Manager out to those who may read it there. */
function allowSecret(program: Program, secret: string | null): void {
  if (secret === null) return
  const isOfSecretsManager = secret.startsWith('arn:')
  const resourceName = isOfSecretsManager
    ? `aws/reference/secretsmanager/${secret.replace(/^.*:secret:/, '').replace(/-[A-Za-z0-9]{6}$/, '')}`
    : secret.slice(1)
  program.allow(
    ['ssm:GetParameter'],
    [Stack.of(program).formatArn({ service: 'ssm', resource: 'parameter', resourceName })],
  )
  if (isOfSecretsManager) program.allow(['secretsmanager:GetSecretValue'], [secret])
}

/** What lets a function of the network reach its target's port, where that is not HTTPS, which every function may. */
function waysTo(scope: Construct, target: CloudTarget, { network }: Surroundings): SecurityGroup[] {
  if (!network.isPrivate || target.kind === 'eventbridge' || portOf(target) === 443) return []
  const group = new SecurityGroup(scope, 'Way', {
    vpc: network.vpc,
    description: `Delivery to ${target.name}: nothing in, its port out`,
    allowAllOutbound: false,
  })
  group.addEgressRule(Peer.anyIpv4(), Port.tcp(portOf(target)), target.name)
  return [group]
}

function portOf(target: Exclude<CloudTarget, { kind: 'eventbridge' }>): number {
  if ('port' in target) return target.port
  const { port, protocol } = new URL(target.url)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}
