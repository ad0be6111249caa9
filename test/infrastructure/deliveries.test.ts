import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, it } from 'vitest'
import { deliverEnvironment } from '../../functions/deliver/environment.ts'
import { eventSource } from '../../lib/adapters/aws/event-bridge-event-sink.ts'
import { cloudTarget, maximumReceives } from '../../lib/delivery/cloud-target.ts'
import { queueDays } from '../../lib/screening/screening-job/delivery-limits.ts'
import {
  actionsOf,
  allDocuments,
  busTarget,
  deliveringTenants,
  exampleConfig,
  publicTargets,
  resourcesNamed,
  resourcesOf,
  statementsOf,
  synthesize,
} from './synthesize.ts'

const root = resolve(import.meta.dirname, '../..')
const privateTarget = { kind: 'c-store', name: 'pacs', host: '10.1.0.10', port: 104, calledAeTitle: 'MAIN_PACS' }
const withTargets = (...targets: object[]) => ({
  tenants: [{ settings: { id: 'north', documents: allDocuments }, targets }],
})

describe('the deliveries of an environment', () => {
  let template: Template
  beforeAll(() => {
    template = synthesize(deliveringTenants)
  }, 240_000)

  /** Those of one target; the tenant's name alone stands for its only target. */
  const of = (type: string, place: string) =>
    resourcesOf(template, type).filter(([name]) => name.startsWith(`Deliver${place}`))
  const rights = (place: string, service: string) =>
    statementsOf(template, `Deliver${place}ProgramRole`)
      .filter((statement) => actionsOf(statement).some((action) => action.startsWith(`${service}:`)))
      .map((statement) => [actionsOf(statement), resourcesNamed(statement)] as const)

  it('are nothing where no tenant has a target', () => {
    const without = synthesize().toJSON()
    expect(Object.keys(without.Resources).filter((name) => name.startsWith('Deliver'))).toEqual([])
    expect(without.Outputs.DeliveryDeadLetters).toBeUndefined()
  }, 120_000)

  it('have a queue, dead letters, a rule and a function for each target of each tenant', () => {
    const targets = publicTargets.length + 1
    expect(of('AWS::SQS::Queue', '')).toHaveLength(2 * targets)
    expect(of('AWS::Events::Rule', '')).toHaveLength(targets)
    expect(of('AWS::Lambda::Function', '')).toHaveLength(targets)
    expect(of('AWS::Lambda::EventSourceMapping', '')).toHaveLength(targets)
  })

  it('are told of by the events of their own tenant, and keep what the bus cannot bring', () => {
    const [[, rule]] = of('AWS::Events::Rule', 'southbus')
    expect(rule.Properties.EventPattern).toEqual({ source: [eventSource], detail: { tenant: ['south'] } })
    const [target] = rule.Properties.Targets
    expect(resourcesNamed({ Resource: target.Arn })[0]).toMatch(/^\$\{DeliversouthbusWaitingQueue/)
    expect(resourcesNamed({ Resource: target.DeadLetterConfig.Arn })[0]).toMatch(
      /^\$\{DeliversouthbusWaitingDeadLetters/,
    )
  })

  it('wait encrypted, as long as SQS keeps them, and longer than the function runs', () => {
    for (const [name, { Properties }] of of('AWS::SQS::Queue', '')) {
      expect(Properties.KmsMasterKeyId, name).toBeDefined()
      expect(Properties.MessageRetentionPeriod, name).toBe(queueDays * 86_400)
      if (Properties.RedrivePolicy) expect(Properties.RedrivePolicy.maxReceiveCount, name).toBe(maximumReceives)
    }
    for (const target of publicTargets) {
      const [[, lambda]] = of('AWS::Lambda::Function', `north${target.name}`)
      const [[, queue]] = of('AWS::SQS::Queue', `north${target.name}`).filter(([, q]) => q.Properties.RedrivePolicy)
      expect(queue.Properties.VisibilityTimeout).toBeGreaterThan(lambda.Properties.Timeout)
      expect(lambda.Properties.Timeout).toBeLessThanOrEqual(900)
    }
  })

  it('let SQS and its key take what the bus sends, and nobody else’s bus', () => {
    const policies = of('AWS::SQS::QueuePolicy', 'southbus').flatMap(
      ([, { Properties }]) => Properties.PolicyDocument.Statement,
    )
    const senders = policies.filter(
      ({ Effect, Action }) => Effect === 'Allow' && JSON.stringify(Action).includes('Send'),
    )
    expect(senders.length).toBeGreaterThanOrEqual(2)
    for (const { Principal, Condition } of senders) {
      expect(Principal).toEqual({ Service: 'events.amazonaws.com' })
      expect(Condition).toBeDefined()
    }
    const [[, key]] = resourcesOf(template, 'AWS::KMS::Key').filter(([name]) => name.startsWith('OperationsKey'))
    const users = key.Properties.KeyPolicy.Statement.filter((statement: object) =>
      JSON.stringify(statement).includes('events.amazonaws.com'),
    )
    expect(users.flatMap(({ Action }: { Action: string[] }) => Action)).toEqual(
      expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey*']),
    )
  })

  it('go out one at a time where a receiver bears no two, and only reports what failed of a batch', () => {
    for (const { name, kind } of publicTargets) {
      const [[, { Properties: lambda }]] = of('AWS::Lambda::Function', `north${name}`)
      const [[, { Properties: source }]] = of('AWS::Lambda::EventSourceMapping', `north${name}`)
      expect(lambda.ReservedConcurrentExecutions, name).toBe(['fhir', 'c-store', 'mllp'].includes(kind) ? 1 : undefined)
      expect(source.FunctionResponseTypes, name).toEqual(['ReportBatchItemFailures'])
      expect(source.ScalingConfig.MaximumConcurrency, name).toBeGreaterThanOrEqual(2)
    }
  })

  it('are told all that their environment asks for, and settings that it understands', () => {
    for (const [name, { Properties }] of of('AWS::Lambda::Function', '')) {
      const variables = Object.fromEntries(
        Object.entries(Properties.Environment.Variables).map(([key, value]) => [
          key,
          typeof value === 'string' ? value : key.endsWith('_URL') ? 'https://sqs.example.com/q' : '/reference',
        ]),
      )
      expect(() => deliverEnvironment.parse(variables), name).not.toThrow()
    }
    const parameters = of('AWS::SSM::Parameter', '').map(([, { Properties }]) => Properties)
    expect(parameters.map(({ Name }) => Name)).toContain('/pleura/demo/targets/north/worklist')
    for (const { Value } of parameters) expect(() => cloudTarget.parse(JSON.parse(Value))).not.toThrow()
  })

  it('may read results of their tenant and write what they have come to, nothing else of the bucket', () => {
    const objects = rights('northworklist', 's3').map(([actions, names]) => [
      [...actions].sort(),
      names.map((name) => name.replace(/^\$\{\w+\}\/?/, '')).sort(),
    ])
    expect(objects).toEqual([
      [['s3:GetObject'], ['deliveries/north/worklist/*', 'results/north/*']],
      [['s3:DeleteObject', 's3:PutObject'], ['deliveries/north/worklist/*']],
      [['s3:ListBucket'], ['']],
    ])
    const [list] = statementsOf(template, 'DelivernorthworklistProgramRole').filter((statement) =>
      actionsOf(statement).includes('s3:ListBucket'),
    )
    expect(list.Condition).toEqual({
      StringLikeIfExists: { 's3:prefix': ['results/north/*', 'deliveries/north/worklist/*'] },
    })
  })

  it('may read their own settings and secret, and no other', () => {
    const names = (place: string) => rights(place, 'ssm').flatMap(([, resources]) => resources)
    expect(names('northehr').map((name) => name.replace(/^.*:parameter/, ''))).toEqual([
      expect.stringContaining('DelivernorthehrSettings'),
      expect.stringContaining('{Settingsnorth'),
      '/pleura/secrets/ehr',
    ])
    expect(names('northworklist').at(-1)).toMatch(/:parameter\/aws\/reference\/secretsmanager\/pleura\/worklist$/)
    expect(rights('northworklist', 'secretsmanager')).toEqual([
      [['secretsmanager:GetSecretValue'], [expect.stringMatching(/:secret:pleura\/worklist-AbC123$/)]],
    ])
    expect(rights('northehr', 'secretsmanager')).toEqual([])
    expect(rights('southbus', 'events')).toEqual([[['events:PutEvents'], [busTarget.busArn]]])
    expect(rights('northworklist', 'events')).toEqual([])
  })

  it('send to no queue but their dead letters, and take from no queue but their own', () => {
    for (const [actions, names] of rights('northworklist', 'sqs')) {
      for (const name of names) expect(name, actions.join()).toMatch(/^\$\{DelivernorthworklistWaiting/)
    }
  })

  it('have alarms that name target and runbook, and call somebody', () => {
    const described = of('AWS::CloudWatch::Alarm', 'northworklist').map(([, { Properties }]) => Properties)
    expect(described).toHaveLength(4)
    for (const { AlarmDescription, AlarmActions } of described) {
      expect(AlarmDescription).toMatch(/^north\/worklist: /)
      const [runbook] = AlarmDescription.match(/docs\/runbooks\/[a-z-]+\.md/) ?? []
      expect(existsSync(resolve(root, runbook)), runbook).toBe(true)
      expect(AlarmActions).toHaveLength(1)
    }
  })

  it('leave records as long as any result stands', () => {
    const rules = resourcesOf(template, 'AWS::S3::Bucket').flatMap(
      ([, { Properties }]) => Properties.LifecycleConfiguration.Rules,
    )
    expect(rules.find(({ Prefix }) => Prefix === 'deliveries/').ExpirationInDays).toBe(365)
  })

  it('name their dead letters as an output', () => {
    const text = JSON.stringify(template.toJSON().Outputs.DeliveryDeadLetters.Value)
    for (const { name } of publicTargets) expect(text).toContain(`north/${name}`)
    expect(text).toContain('south/bus')
  })
})

describe('with private endpoints', () => {
  it('a target of a routed network is reached from inside, through its own port alone', () => {
    const template = synthesize({
      endpoints: 'private',
      ...withTargets({ ...privateTarget, allowPrivateAddress: true }, busTarget),
    })
    const lambdas = resourcesOf(template, 'AWS::Lambda::Function').filter(([name]) => name.startsWith('Deliver'))
    expect(lambdas.map(([, { Properties }]) => Properties.VpcConfig.SecurityGroupIds.length).sort()).toEqual([1, 2])
    const [[, way]] = resourcesOf(template, 'AWS::EC2::SecurityGroup').filter(([name]) => name.startsWith('Deliver'))
    expect(way.Properties.SecurityGroupIngress).toBeUndefined()
    expect(way.Properties.SecurityGroupEgress).toMatchObject([{ FromPort: 104, ToPort: 104, IpProtocol: 'tcp' }])
  }, 120_000)

  it.each(publicTargets.filter(({ kind }) => kind !== 'eventbridge'))(
    'a $kind target of the public Internet fails before anything is synthesised, with the remedy',
    (target) => {
      expect(() => exampleConfig({ endpoints: 'private', ...withTargets(target) })).toThrow(
        /public Internet, to which private endpoints leave no way.*allowPrivateAddress.*eventbridge.*economy/,
      )
    },
  )
})

describe('a target that cannot work is refused:', () => {
  const [, hook, fhir] = publicTargets
  it.each([
    [
      'a private address, outside of every network',
      { ...privateTarget, allowPrivateAddress: true },
      /Choose endpoints: private/,
    ],
    ['patients’ names in clear through the Internet', privateTarget, /must be true in the public Internet/],
    [
      'a secret in clear through the Internet',
      { ...hook, url: 'http://worklist.example.org' },
      /must begin with https/,
    ],
    [
      'a bus of another region',
      { ...busTarget, busArn: busTarget.busArn.replace('eu-central-1', 'us-east-1') },
      /must be a bus of eu-central-1/,
    ],
    [
      'the bus that it is told on',
      { ...busTarget, busArn: 'arn:aws:events:eu-central-1:111122223333:event-bus/pleura-demo' },
      /is the bus that results are told on/,
    ],
    ['no secret', { ...hook, secret: undefined }, /secret/],
  ])('%s', (_, target, message) => {
    expect(() => exampleConfig(withTargets(target))).toThrow(message)
  })

  it('documents that the tenant does not have made', () => {
    const tenants = [{ settings: { id: 'north', documents: ['hl7-message'] }, targets: [fhir] }]
    expect(() => exampleConfig({ tenants })).toThrow(/add fhir-bundle to settings\.documents/)
  })

  it('two of one name', () => {
    expect(() => exampleConfig(withTargets(busTarget, { ...hook, name: 'bus' }))).toThrow(/is used twice/)
  })
})
