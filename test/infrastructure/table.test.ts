import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, it } from 'vitest'
import { tableEnvironment } from '../../functions/table/environment.ts'
import { eventSource } from '../../lib/adapters/aws/event-bridge-event-sink.ts'
import { partitionColumns, tableColumns } from '../../lib/table/columns.ts'
import { tableKeys } from '../../lib/table/table-keys.ts'
import {
  actionsOf,
  type Resource,
  resourcesNamed,
  resourcesOf,
  statementsOf,
  synthesize,
  twoTenants,
} from './synthesize.ts'

const root = resolve(import.meta.dirname, '../..')

describe('the results table of an environment', () => {
  let template: Template
  beforeAll(() => {
    template = synthesize({ ...twoTenants, resultsTable: true })
  }, 240_000)

  const of = (type: string): [string, Resource][] =>
    resourcesOf(template, type).filter(([name]) => name.startsWith('Table'))
  const only = (type: string) => {
    const found = of(type)
    expect(found, type).toHaveLength(1)
    return found[0][1].Properties
  }

  it('is nothing where it is not asked for', () => {
    const { Resources } = synthesize().toJSON()
    expect(Object.keys(Resources).filter((name) => name.startsWith('Table'))).toEqual([])
  }, 120_000)

  it('is a table of Glue with the columns of a file, and both partitions', () => {
    const { TableInput: table } = only('AWS::Glue::Table')
    expect(table.StorageDescriptor.Columns).toEqual(
      Object.entries(tableColumns).map(([Name, Type]) => ({ Name, Type })),
    )
    expect(table.PartitionKeys.map(({ Name }: { Name: string }) => Name)).toEqual([...partitionColumns])
  })

  it('is projected onto the keys that the function writes, for as long as rows stand', () => {
    const { Parameters: parameters } = only('AWS::Glue::Table').TableInput
    expect(parameters).toMatchObject({
      'projection.enabled': 'true',
      'projection.tenant.values': 'north,south',
      'projection.day.format': 'yyyy-MM-dd',
      'projection.day.range': 'NOW-366DAYS,NOW',
    })
    const location = resourcesNamed({ Resource: parameters['storage.location.template'] })[0]
    const written = tableKeys.fileOf({ tenant: 'north', day: '2026-11-28', analysed_at: '2026-11-28T10:00:00.000Z' })
    const below = location
      .replace(/^s3:\/\/\$\{\w+\}\//, '')
      .replace(/\$\{tenant\}/, 'north')
      .replace(/\$\{day\}/, '2026-11-28')
    expect(written.slice(0, below.length)).toBe(below)
    expect(written.slice(below.length)).not.toContain('/')
  })

  it('is told of the results of all tenants, and keeps what the bus cannot bring', () => {
    const { EventPattern, Targets } = only('AWS::Events::Rule')
    expect(EventPattern).toEqual({ source: [eventSource] })
    expect(resourcesNamed({ Resource: Targets[0].DeadLetterConfig.Arn })[0]).toMatch(/^\$\{TableWaitingDeadLetters/)
  })

  it('gathers for five minutes, while no message is handed out twice', () => {
    const source = only('AWS::Lambda::EventSourceMapping')
    const [[, queue]] = of('AWS::SQS::Queue').filter(([, { Properties }]) => Properties.RedrivePolicy)
    expect(source).toMatchObject({
      MaximumBatchingWindowInSeconds: 300,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    })
    expect(queue.Properties.VisibilityTimeout).toBeGreaterThan(300 + only('AWS::Lambda::Function').Timeout)
    for (const [, { Properties }] of of('AWS::SQS::Queue')) expect(Properties.KmsMasterKeyId).toBeDefined()
  })

  it('is told all that its environment asks for', () => {
    const variables = Object.keys(only('AWS::Lambda::Function').Environment.Variables)
    const values = Object.fromEntries(variables.map((name) => [name, 'reference']))
    expect(() => tableEnvironment.parse(values)).not.toThrow()
  })

  it('is written by a function that reads results and receipts alone, and writes rows alone', () => {
    const objects = statementsOf(template, 'TableProgramRole')
      .filter((statement) => actionsOf(statement).some((action) => /^s3:(Get|Put|Delete)/.test(action)))
      .map((statement) => [
        actionsOf(statement),
        resourcesNamed(statement).map((name) => name.replace(/^\$\{([A-Z][a-z]+)\w+\}/, '$1')),
      ])
    expect(objects).toEqual([
      [['s3:GetObject'], ['Studies/results/*', 'Studies/usage/*/receipts/*']],
      [['s3:GetObject', 's3:PutObject'], ['Table/results/*']],
    ])
  })

  it('is asked by people who can reach nothing of a study', () => {
    const { PolicyDocument } = only('AWS::IAM::ManagedPolicy')
    const named = PolicyDocument.Statement.flatMap(resourcesNamed)
    for (const name of named) expect(name).not.toContain('Studies')
    expect(JSON.stringify(PolicyDocument)).not.toContain('"*"')
    const writes = PolicyDocument.Statement.filter((s: never) => actionsOf(s).includes('s3:PutObject'))
    expect(writes.flatMap(resourcesNamed)).toEqual([expect.stringMatching(/\/answers\/\*$/)])
  })

  it('is asked within a group that encrypts answers and ends queries that read too much', () => {
    const { WorkGroupConfiguration: group } = only('AWS::Athena::WorkGroup')
    expect(group.EnforceWorkGroupConfiguration).toBe(true)
    expect(group.ResultConfiguration.EncryptionConfiguration.EncryptionOption).toBe('SSE_KMS')
    expect(group.BytesScannedCutoffPerQuery).toBeGreaterThan(0)
  })

  it('forgets rows with the results that they are of', () => {
    const rules: { Prefix?: string; ExpirationInDays?: number }[] = only('AWS::S3::Bucket').LifecycleConfiguration.Rules
    const days = Object.fromEntries(rules.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays]))
    expect(days).toMatchObject({ 'results/tenant=north/': 90, 'results/tenant=south/': 365, 'answers/': 1 })
  })

  it('has alarms that name a runbook that exists, and call somebody', () => {
    const described = of('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties)
    expect(described).toHaveLength(3)
    for (const { AlarmDescription, AlarmActions } of described) {
      const [runbook] = AlarmDescription.match(/docs\/runbooks\/[a-z-]+\.md/) ?? []
      expect(existsSync(resolve(root, runbook)), runbook).toBe(true)
      expect(AlarmActions).toHaveLength(1)
    }
  })

  it('passes every check with private endpoints too, the function inside', () => {
    const inside = synthesize({ ...twoTenants, resultsTable: true, endpoints: 'private' })
    const [[, lambda]] = resourcesOf(inside, 'AWS::Lambda::Function').filter(([name]) => name.startsWith('Table'))
    expect(lambda.Properties.VpcConfig.SubnetIds.length).toBeGreaterThan(0)
  }, 240_000)
})
