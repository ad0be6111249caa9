import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, it } from 'vitest'
import { backfillEnvironment } from '../../functions/backfill/environment.ts'
import { environmentConfig } from '../../lib/infrastructure/config.ts'
import { actionsOf, exampleConfig, resourcesNamed, resourcesOf, statementsOf, synthesize } from './synthesize.ts'

const sources = ['arn:aws:s3:::hospital-archive/studies/*']
const keys = ['arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-0000-0000-000000000000']

describe('the backfill of an environment', () => {
  let template: Template
  beforeAll(() => {
    template = synthesize({ backfill: { sources, keys } })
  }, 240_000)
  const only = (type: string) => {
    const found = resourcesOf(template, type).filter(([name]) => name.startsWith('Backfill'))
    expect(found, type).toHaveLength(1)
    return found[0][1].Properties
  }

  it('is nothing where no archive is named', () => {
    expect(Object.keys(synthesize().toJSON().Resources).filter((name) => name.startsWith('Backfill'))).toEqual([])
  }, 120_000)

  it('is one function at a time, called every minute', () => {
    expect(only('AWS::Lambda::Function').ReservedConcurrentExecutions).toBe(1)
    expect(only('AWS::Events::Rule').ScheduleExpression).toBe('rate(1 minute)')
  })

  it('looks at every queue that an image passes', () => {
    const counted = statementsOf(template, 'BackfillProgramRole')
      .filter((statement) => actionsOf(statement).includes('sqs:GetQueueAttributes'))
      .flatMap(resourcesNamed)
    const all = resourcesOf(template, 'AWS::SQS::Queue').filter(([, { Properties }]) => Properties.RedrivePolicy)
    expect(counted.map((name) => name.slice(2, -1)).sort()).toEqual(all.map(([name]) => name).sort())
    const variables = only('AWS::Lambda::Function').Environment.Variables
    expect(resourcesNamed({ Resource: variables.QUEUE_URLS })[0].split(',')).toHaveLength(all.length)
    const given = { ...variables, STUDY_BUCKET: 'bucket', QUEUE_URLS: 'https://sqs.example.com/q' }
    expect(() => backfillEnvironment.parse(given)).not.toThrow()
  })

  it('may read the archives and plans, put images of archives, and read nothing of a study', () => {
    const objects = statementsOf(template, 'BackfillProgramRole')
      .filter((statement) => actionsOf(statement).some((action) => /^s3:(Get|Put|Delete)/.test(action)))
      .map((statement) => [
        actionsOf(statement),
        resourcesNamed(statement)
          .map((name) => name.replace(/^\$\{\w+\}\//, ''))
          .sort(),
      ])
    expect(objects).toEqual([
      [['s3:GetObject'], [...sources, 'backfills/*', 'open-backfills/*']],
      [['s3:PutObject'], ['backfills/*', 'uploads/*/backfill/*']],
      [['s3:DeleteObject'], ['open-backfills/*']],
    ])
  })

  it.each([
    ['sources', { sources: ['hospital-archive'] }],
    ['sources', { sources: [] }],
    ['keys', { sources, keys: ['alias/archive'] }],
    ['atATime', { sources, atATime: 0 }],
  ])('refuses %s of another form', (field, backfill) => {
    const parsed = environmentConfig.safeParse({ ...exampleConfig(), backfill })
    expect(parsed.error?.issues[0].path.slice(0, 2)).toEqual(['backfill', field])
  })
})
