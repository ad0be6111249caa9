import { Match, type Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  actionsOf,
  resourcesNamed,
  resourcesOf,
  type Statement,
  statementsOf,
  synthesize,
  twoTenants,
} from './synthesize.ts'

describe('the rights', () => {
  let template: Template
  beforeAll(() => {
    template = synthesize(twoTenants)
  })

  const objectStatements = (role: string): Statement[] =>
    statementsOf(template, role).filter((statement) => actionsOf(statement).some((action) => action.startsWith('s3:')))
  const prefixes = (role: string, action: string): string[] =>
    objectStatements(role)
      .filter((statement) => actionsOf(statement).includes(action))
      .flatMap(resourcesNamed)
      .map((name) => name.replace(/^\$\{\w+\}\//, ''))
      .sort()

  it('lets preprocessing alone read uploads', () => {
    expect(prefixes('PreprocessRole', 's3:GetObject')).toEqual([
      'prepared/*',
      'results/*',
      'uploads/*',
      'usage/*/admitted/*',
    ])
    const readers = resourcesOf(template, 'AWS::IAM::Policy')
      .filter(([, policy]) =>
        policy.Properties.PolicyDocument.Statement.some(
          (statement: Statement) =>
            actionsOf(statement).some((action) => action.startsWith('s3:Get')) &&
            resourcesNamed(statement).some((name) => name.includes('/uploads/')),
        ),
      )
      .map(([name]) => name)
    expect(readers).toEqual([expect.stringMatching(/^PreprocessRole/)])
  })

  it('lets the worker read prepared studies, write results and receipts, and never touch uploads', () => {
    expect(prefixes('FleetWorkerRole', 's3:GetObject')).toEqual([
      'failures/*',
      'prepared/*',
      'results/*',
      'usage/*/receipts/*',
    ])
    expect(prefixes('FleetWorkerRole', 's3:PutObject')).toEqual(['failures/*', 'results/*', 'usage/*/receipts/*'])
    expect(prefixes('FleetWorkerRole', 's3:DeleteObject')).toEqual(['failures/*'])
    const [list] = objectStatements('FleetWorkerRole').filter((s) => actionsOf(s).includes('s3:ListBucket'))
    expect(list.Condition).toEqual({
      StringLikeIfExists: { 's3:prefix': ['prepared/*', 'results/*', 'usage/*', 'failures/*'] },
    })
  })

  it('lets the dispatcher see queues and submit the one job, and nothing of a study', () => {
    expect(objectStatements('DispatchRole')).toEqual([])
    const actions = statementsOf(template, 'DispatchRole').flatMap(actionsOf)
    expect(actions.filter((action) => action.startsWith('batch:')).sort()).toEqual([
      'batch:ListJobs',
      'batch:SubmitJob',
    ])
    expect(actions).not.toContain('sqs:SendMessage')
  })

  it.each(['north', 'south'])('lets tenant %s put its uploads and read its results, nothing else', (tenant) => {
    const role = `Tenant${tenant}Role`
    const statements = statementsOf(template, role)
    expect(statements.flatMap(actionsOf).sort()).toEqual([
      'kms:Decrypt',
      'kms:GenerateDataKey',
      's3:AbortMultipartUpload',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
    ])
    expect(prefixes(role, 's3:PutObject')).toEqual([`uploads/${tenant}/*`])
    expect(prefixes(role, 's3:GetObject')).toEqual([`results/${tenant}/*`])
    const [list] = statements.filter((statement) => actionsOf(statement).includes('s3:ListBucket'))
    expect(list.Condition).toEqual({ StringLike: { 's3:prefix': [`results/${tenant}/*`] } })
    const [key] = statements.filter((statement) => actionsOf(statement).includes('kms:Decrypt'))
    expect(key.Condition).toEqual({ StringEquals: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' } })
    template.hasResourceProperties('AWS::IAM::Role', {
      RoleName: `pleura-demo-tenant-${tenant}`,
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [Match.objectLike({ Condition: { StringEquals: { 'sts:ExternalId': Match.anyValue() } } })],
      }),
    })
  })

  it('grants no wildcard action, and no resource * but where the service knows none', () => {
    const known = ['batch:ListJobs', 'ecr:GetAuthorizationToken']
    for (const [name, policy] of resourcesOf(template, 'AWS::IAM::Policy')) {
      for (const statement of policy.Properties.PolicyDocument.Statement as Statement[]) {
        for (const action of actionsOf(statement)) expect(`${name}: ${action}`).not.toContain('*')
        if (resourcesNamed(statement).includes('*')) {
          for (const action of actionsOf(statement)) expect(known).toContain(action)
        }
      }
    }
  })
})
