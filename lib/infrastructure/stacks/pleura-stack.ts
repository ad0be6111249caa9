import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib'
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import type { Construct } from 'constructs'
import type { Assets } from '../assets.ts'
import type { EnvironmentConfig } from '../config.ts'
import { Observability } from '../constructs/observability.ts'
import { StudyBucket } from '../constructs/study-bucket.ts'
import { StudyNetwork } from '../constructs/study-network.ts'
import { TenantAccess } from '../constructs/tenant-access.ts'
import { addBackfill } from './add-backfill.ts'
import { addConsole } from './add-console.ts'
import { addDeliveries } from './add-deliveries.ts'
import { addDispatch } from './add-dispatch.ts'
import { addFleet } from './add-fleet.ts'
import { addPreprocessing } from './add-preprocessing.ts'
import { addTable } from './add-table.ts'
import { keepWarm } from './keep-warm.ts'
import { createQueues } from './queues.ts'

export interface PleuraStackProps extends StackProps {
  readonly config: EnvironmentConfig
  readonly assets: Assets
}

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

    const {
      bucket,
      key: studyKey,
      accessLog,
    } = new StudyBucket(this, 'Studies', {
      retentionDays: config.retentionDays,
      resultDays: Object.fromEntries(config.tenants.map(({ settings }) => [settings.id, settings.retentionDays])),
      ...(config.console ? { consoleAuditDays: config.retentionDays.audit } : {}),
    })
    // A key of its own: services that may use it for queues, logs and alarms have no part in the studies.
    const key = new Key(this, 'OperationsKey', {
      description: 'Queues, logs and alarms of Pleura',
      enableKeyRotation: true,
    })
    key.grantEncryptDecrypt(new ServicePrincipal(`logs.${config.region}.amazonaws.com`))

    const queues = createQueues(this, key)
    const bus = new EventBus(this, 'Findings', { eventBusName: `pleura-${config.name}`, kmsKey: key })
    const tenantSettings = new Map<string, StringParameter>()
    const tenantsPath = `/pleura/${config.name}/tenants`
    for (const { settings, trustedAccount, externalId } of config.tenants) {
      const parameter = new StringParameter(this, `Settings-${settings.id}`, {
        parameterName: `${tenantsPath}/${settings.id}`,
        stringValue: JSON.stringify(settings),
      })
      tenantSettings.set(settings.id, parameter)
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
      logDays: config.retentionDays.logs,
    })
    const tenantsArn = this.formatArn({ service: 'ssm', resource: 'parameter', resourceName: tenantsPath.slice(1) })
    const surroundings = { config, assets, bucket, studyKey, key, queues, bus, network, tenantsPath, tenantsArn }
    const preprocess = addPreprocessing(this, surroundings)
    const fleet = addFleet(this, surroundings)
    const dispatch = addDispatch(this, fleet, surroundings)
    const { uploads, stat, routine } = queues
    const outputs = {
      StudyBucket: bucket.bucketName,
      StudyKey: studyKey.keyArn,
      UploadQueue: uploads.queue.queueUrl,
      UploadDeadLetters: uploads.deadLetters.queueUrl,
      StatQueue: stat.queue.queueUrl,
      StatDeadLetters: stat.deadLetters.queueUrl,
      RoutineQueue: routine.queue.queueUrl,
      RoutineDeadLetters: routine.deadLetters.queueUrl,
      FindingsBus: bus.eventBusName,
      JobQueue: fleet.jobQueue.jobQueueName,
      JobDefinition: fleet.jobDefinition.jobDefinitionName,
    }
    const output = (name: string, value: string) => new CfnOutput(this, `${name}Output`, { key: name, value })
    for (const [name, value] of Object.entries(outputs)) output(name, value)
    if (fleet.warm) keepWarm(this, fleet.warm, config.clinicHours)

    const observability = new Observability(this, 'Observability', {
      name: config.name,
      alarmEmail: config.alarmEmail,
      monthlyBudgetUsd: config.monthlyBudgetUsd,
      profile: config.profile,
      key,
      queues,
      preprocess,
      dispatch,
    })
    const watch = (alarm: Alarm) => observability.watch(alarm)
    if (config.backfill) addBackfill(this, config.backfill, surroundings, watch)
    if (config.resultsTable) addTable(this, surroundings, accessLog, watch)
    if (config.console) addConsole(this, config.console, surroundings, watch)
    if (config.tenants.some(({ targets }) => targets.length > 0)) {
      const deadLetters = addDeliveries(this, surroundings, tenantSettings, watch)
      output('DeliveryDeadLetters', this.toJsonString(deadLetters))
    }
  }
}
