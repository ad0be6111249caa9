import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Match, type Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, it } from 'vitest'
import { dispatchEnvironment } from '../../functions/dispatch/environment.ts'
import { preprocessEnvironment } from '../../functions/preprocess/environment.ts'
import { screenEnvironment } from '../../functions/screen/environment.ts'
import { metricUnits, metricNamespace as writtenNamespace } from '../../lib/adapters/aws/operational-log.ts'
import { timeLimitMs } from '../../lib/adapters/codecs/frame-limits.ts'
import {
  alarms,
  backfillAlarms,
  consoleAlarms,
  deliveryAlarms,
  tableAlarms,
} from '../../lib/infrastructure/alarm-texts.ts'
import { metricNames, metricNamespace } from '../../lib/infrastructure/metrics.ts'
import { maximumUploadDeliveries } from '../../lib/screening/screening-job/delivery-limits.ts'
import { imageBuilds, resourcesNamed, resourcesOf, type Statement, synthesize, twoTenants } from './synthesize.ts'

const root = resolve(import.meta.dirname, '../..')
const combinations = ['gpu', 'warm', 'cpu'].flatMap((profile) =>
  ['economy', 'private'].map((endpoints) => ({ profile, endpoints })),
)

describe('every combination', () => {
  it.each(combinations)(
    '$profile, $endpoints: has no open finding of AwsSolutions, HIPAA.Security or CloudFormation',
    (changes) => {
      expect(() => synthesize({ ...twoTenants, ...changes })).not.toThrow()
    },
    120_000,
  )

  it('fails the synthesis on a finding', async () => {
    const { App, Stack, Validations } = await import('aws-cdk-lib')
    const { Bucket } = await import('aws-cdk-lib/aws-s3')
    const { AwsSolutionsChecks } = await import('cdk-nag')
    const app = new App()
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
    new Bucket(new Stack(app, 'open'), 'Bucket')
    expect(() => app.synth()).toThrow()
  })
})

describe('the gpu profile', () => {
  let template: Template
  beforeAll(() => {
    template = synthesize(twoTenants)
  })

  it('sets a message aside after as many deliveries as the worker is told', () => {
    const queues = resourcesOf(template, 'AWS::SQS::Queue').filter(([, { Properties }]) => Properties.RedrivePolicy)
    expect(queues).toHaveLength(5)
    const counts = new Set(queues.map(([, { Properties }]) => String(Properties.RedrivePolicy.maxReceiveCount)))
    expect([...counts].sort()).toEqual([workerEnvironment(template).MAXIMUM_RECEIVES, String(maximumUploadDeliveries)])
    for (const [, { Properties }] of resourcesOf(template, 'AWS::SQS::Queue')) {
      expect(Properties.KmsMasterKeyId).toBeDefined()
      if (!Properties.RedrivePolicy && Properties.MessageRetentionPeriod > 300) {
        expect(Properties.MessageRetentionPeriod).toBe(14 * 24 * 3600)
      }
    }
  })

  it('preprocesses uploads one by one, each lane within its own limit, and none twice at a time', () => {
    const [, { Properties: preprocess }] = resourcesOf(template, 'AWS::Lambda::Function').find(([name]) =>
      name.startsWith('Preprocess'),
    )!
    const queues = resourcesOf(template, 'AWS::SQS::Queue').filter(([name]) => /Uploads/.test(name))
    for (const [, { Properties }] of queues.filter(([, queue]) => queue.Properties.RedrivePolicy)) {
      expect(Properties.VisibilityTimeout).toBeGreaterThan(preprocess.Timeout)
    }
    const sources = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties)
    const limits = sources
      .filter(({ FunctionResponseTypes }) => FunctionResponseTypes?.includes('ReportBatchItemFailures'))
      .map(({ EventSourceArn, BatchSize, ScalingConfig }) => [
        resourcesNamed({ Resource: EventSourceArn })[0].match(/\w*Uploads/)?.[0],
        BatchSize,
        ScalingConfig.MaximumConcurrency,
      ])
    expect(limits).toEqual([
      ['Uploads', 10, 5],
      ['StatUploads', 1, 15],
      ['RoutineUploads', 1, 40],
    ])
    expect(preprocess).toMatchObject({ Architectures: ['arm64'], Runtime: 'nodejs22.x', Handler: 'main.handler' })
  })

  it('leaves preprocessing half a minute beside a frame that takes as long as any may', () => {
    const [, { Properties }] = resourcesOf(template, 'AWS::Lambda::Function').find(([name]) =>
      name.startsWith('Preprocess'),
    )!
    const longest = timeLimitMs('jpeg-2000', { rows: 8000, columns: 8000 })
    expect(1000 * Properties.Timeout).toBeGreaterThanOrEqual(longest + 30_000)
  })

  it('tells each program all that its environment asks for', () => {
    const environments = Object.fromEntries(
      resourcesOf(template, 'AWS::Lambda::Function').map(([name, { Properties }]) => [
        name.replace(/Function.*/, ''),
        withValues(Properties.Environment.Variables),
      ]),
    )
    expect(() => preprocessEnvironment.parse(environments.Preprocess)).not.toThrow()
    expect(() => dispatchEnvironment.parse(environments.Dispatch)).not.toThrow()
    expect(() => screenEnvironment.parse(workerEnvironment(template))).not.toThrow()
  })

  it('runs the worker as nobody, on a root that cannot be written, with one GPU', () => {
    template.hasResourceProperties('AWS::Batch::JobDefinition', {
      ContainerProperties: Match.objectLike({
        Privileged: false,
        User: '10001:10001',
        ReadonlyRootFilesystem: true,
        ResourceRequirements: Match.arrayWith([{ Type: 'GPU', Value: '1' }]),
      }),
      RetryStrategy: Match.objectLike({ Attempts: 3 }),
    })
  })

  it('takes spot first, then on demand, and scales to zero', () => {
    const environments = resourcesOf(template, 'AWS::Batch::ComputeEnvironment').map(
      ([, { Properties }]) => Properties.ComputeResources,
    )
    expect(environments.map(({ Type, MinvCpus }) => [Type, MinvCpus])).toEqual([
      ['SPOT', 0],
      ['EC2', 0],
    ])
    for (const { Ec2Configuration } of environments)
      expect(Ec2Configuration).toEqual([{ ImageType: 'ECS_AL2023_NVIDIA' }])
    const [[, queue]] = resourcesOf(template, 'AWS::Batch::JobQueue')
    expect(queue.Properties.ComputeEnvironmentOrder.map(({ Order }: { Order: number }) => Order)).toEqual([1, 2])
  })

  it('lets nothing in', () => {
    for (const [, group] of resourcesOf(template, 'AWS::EC2::SecurityGroup')) {
      expect(group.Properties.SecurityGroupIngress).toBeUndefined()
    }
    expect(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress')).toEqual([])
    const groups = resourcesOf(template, 'AWS::Batch::ComputeEnvironment').map(
      ([, r]) => r.Properties.ComputeResources.SecurityGroupIds,
    )
    expect(new Set(groups.map((ids) => JSON.stringify(ids))).size).toBe(1)
    template.resourceCountIs('AWS::EC2::NatGateway', 0)
  })

  it('names a runbook that exists in every alarm, and an alarm for every text', () => {
    const described = [...resourcesOf(template, 'AWS::CloudWatch::Alarm')].map(([, { Properties }]) => Properties)
    expect(described).toHaveLength(Object.keys(alarms).length)
    for (const { AlarmDescription, AlarmActions } of described) {
      const [runbook] = AlarmDescription.match(/docs\/runbooks\/[a-z-]+\.md/) ?? []
      expect(runbook, AlarmDescription).toBeDefined()
      expect(existsSync(resolve(root, runbook)), runbook).toBe(true)
      expect(AlarmActions).toHaveLength(1)
    }
    const named = new Set(
      [alarms, backfillAlarms, consoleAlarms, deliveryAlarms, tableAlarms]
        .flatMap((some) => Object.values<readonly string[]>(some))
        .map(([runbook]) => `${runbook}.md`),
    )
    expect(
      readdirSync(resolve(root, 'docs/runbooks'))
        .filter((file) => file !== 'README.md')
        .sort(),
    ).toEqual([...named].sort())
  })

  it('lets alarms and the budget of this account publish to the topic that calls somebody', () => {
    const [[, policy]] = resourcesOf(template, 'AWS::SNS::TopicPolicy')
    const allowed = policy.Properties.PolicyDocument.Statement.filter(({ Effect }: Statement) => Effect === 'Allow')
    expect(allowed).toEqual([
      expect.objectContaining({
        Action: 'sns:Publish',
        Principal: { Service: ['budgets.amazonaws.com', 'cloudwatch.amazonaws.com'] },
        Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
      }),
    ])
  })

  it('watches the bill of the whole account, with no filter that somebody would have to switch on', () => {
    template.hasResourceProperties('AWS::Budgets::Budget', { Budget: { CostFilters: Match.absent() } })
  })

  it('measures by the names under which the programs write', () => {
    expect(metricNamespace).toBe(writtenNamespace)
    expect(Object.values(metricNames).sort()).toEqual(Object.keys(metricUnits).sort())
  })
})

describe('the other forms', () => {
  it('private: has no way out but endpoints, and the functions inside', () => {
    const template = synthesize({ ...twoTenants, endpoints: 'private' })
    template.resourceCountIs('AWS::EC2::InternetGateway', 0)
    template.resourceCountIs('AWS::EC2::NatGateway', 0)
    const services = resourcesOf(template, 'AWS::EC2::VPCEndpoint').map(([, { Properties }]) =>
      JSON.stringify(Properties.ServiceName),
    )
    for (const service of ['s3', 'sqs', 'ecr.api', 'ecr.dkr', 'ecs', 'logs', 'ssm', 'events', 'kms']) {
      expect(
        services.some((name) => name.includes(`.${service}"`)),
        service,
      ).toBe(true)
    }
    for (const [name, { Properties }] of resourcesOf(template, 'AWS::Lambda::Function')) {
      expect(Properties.VpcConfig?.SubnetIds.length, name).toBeGreaterThan(0)
    }
  })

  it('warm: keeps a machine ready in clinic hours only', () => {
    const template = synthesize({
      ...twoTenants,
      profile: 'warm',
      clinicHours: { timeZone: 'Europe/Berlin', from: 8, to: 18 },
    })
    const schedules = resourcesOf(template, 'AWS::Scheduler::Schedule').map(([, { Properties }]) => [
      Properties.ScheduleExpression,
      Properties.ScheduleExpressionTimezone,
      JSON.stringify(Properties.Target.Input).match(/MinvCpus\D+(\d)/)?.[1],
    ])
    expect(schedules).toEqual([
      ['cron(0 8 ? * MON-FRI *)', 'Europe/Berlin', '4'],
      ['cron(0 18 ? * MON-FRI *)', 'Europe/Berlin', '0'],
    ])
  })

  it('warm: gives jobs to the machine that stands ready before any other', () => {
    const template = synthesize({ ...twoTenants, profile: 'warm' })
    const [[, queue]] = resourcesOf(template, 'AWS::Batch::JobQueue')
    const order = queue.Properties.ComputeEnvironmentOrder.map(
      ({ ComputeEnvironment }: { ComputeEnvironment: unknown }) => resourcesNamed({ Resource: ComputeEnvironment })[0],
    )
    expect(order).toEqual([
      expect.stringContaining('FleetWarm'),
      expect.stringContaining('FleetSpot'),
      expect.stringContaining('FleetOnDemand'),
    ])
    const [[, warm]] = resourcesOf(template, 'AWS::Batch::ComputeEnvironment').filter(([name]) =>
      name.startsWith('FleetWarm'),
    )
    expect(warm.Properties.ComputeResources).toMatchObject({ Type: 'EC2', MinvCpus: 0, MaxvCpus: 4 })
    for (const [, { Properties }] of resourcesOf(template, 'AWS::Scheduler::Schedule')) {
      expect(JSON.stringify(Properties.Target.Input)).toContain('FleetWarm')
    }
  })

  it('builds the image of its profile', () => {
    expect(imageBuilds(twoTenants)).toEqual([{ dockerBuildTarget: 'gpu' }])
    expect(imageBuilds({ ...twoTenants, profile: 'cpu' })).toEqual([{ dockerBuildTarget: 'cpu' }])
    expect(imageBuilds({ ...twoTenants, imageUri: 'registry.example.org/pleura@sha256:1' })).toEqual([])
  })

  it('cpu: runs on Fargate spot, without CUDA', () => {
    const template = synthesize({ ...twoTenants, profile: 'cpu' })
    const types = resourcesOf(template, 'AWS::Batch::ComputeEnvironment').map(
      ([, r]) => r.Properties.ComputeResources.Type,
    )
    expect(types).toEqual(['FARGATE_SPOT', 'FARGATE'])
    expect(workerEnvironment(template).EXECUTION_PROVIDER).toBe('cpu')
    template.hasResourceProperties('AWS::Batch::JobDefinition', {
      ContainerProperties: Match.objectLike({
        User: '10001:10001',
        ReadonlyRootFilesystem: true,
        // Fargate has no volume of a host: the worker writes to no disk.
        MountPoints: Match.absent(),
        Volumes: Match.absent(),
      }),
    })
  })

  it.each(['gpu', 'warm', 'cpu'])('%s: has onnxruntime collect nothing, by job definition and image', (profile) => {
    expect(workerEnvironment(synthesize({ profile })).ORT_DISABLE_TELEMETRY).toBe('1')
    const images = readFileSync(resolve(root, 'functions/screen/Dockerfile'), 'utf8').match(/^ENV .*$/gm) ?? []
    expect(images.filter((line) => line.includes(' ORT_DISABLE_TELEMETRY=1 '))).toHaveLength(2)
  })
})

/** References get a value of the form they will have. */
function withValues(variables: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : name.endsWith('_URL') ? 'https://sqs.example.com/1/queue' : 'reference',
    ]),
  )
}

function workerEnvironment(template: Template): Record<string, string> {
  const [[, job]] = resourcesOf(template, 'AWS::Batch::JobDefinition')
  const variables = job.Properties.ContainerProperties.Environment as { Name: string; Value: unknown }[]
  return withValues(Object.fromEntries(variables.map(({ Name, Value }) => [Name, Value])))
}
