import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Resource, resourcesOf, synthesize } from './synthesize.ts'

const docs = resolve(import.meta.dirname, '../../docs')
const picture = readFileSync(resolve(docs, 'images/architecture.svg'), 'utf8')

/** Types whose every resource is drawn. */
const drawnTypes = [
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::Lambda::Function',
  'AWS::Events::EventBus',
  'AWS::Events::Rule',
  'AWS::Batch::ComputeEnvironment',
  'AWS::Batch::JobQueue',
  'AWS::Batch::JobDefinition',
  'AWS::EC2::VPC',
  'AWS::KMS::Key',
  'AWS::SSM::Parameter',
  'AWS::SNS::Topic',
  'AWS::CloudWatch::Dashboard',
  'AWS::Budgets::Budget',
]

/** Drawn as one box; rights and triggers are resources of their own beside it, by these beginnings of their names. */
const partsOf: Readonly<Record<string, readonly string[]>> = {
  PreprocessFunction: ['Preprocess'],
  DispatchFunction: ['Dispatch'],
  FleetDrainJob: ['FleetDrainJob', 'FleetWorkerRole'],
  TenantnorthRole: ['TenantnorthRole'],
}

const attributes = (pattern: RegExp): string[][] => [...picture.matchAll(pattern)].map(([, ...groups]) => groups)
const nodes = attributes(/data-resource="([^"]+)"/g).map(([name]) => name)
const arrows = attributes(/data-from="([^"]+)" data-to="([^"]+)"/g) as [string, string][]

/** A logical id without the eight digits that the CDK appends. */
const nameOf = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, '')

/** Names of what a resource refers to. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(references)
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [nameOf(inner as string)]
    if (key === 'Fn::GetAtt') return [nameOf((inner as string[])[0])]
    return references(inner)
  })
}

describe('the picture of the architecture', () => {
  let template: Template
  let resources: Record<string, Resource>
  beforeAll(() => {
    template = synthesize()
    resources = template.toJSON().Resources
  })

  const refersTo = (from: string, to: string): boolean =>
    Object.entries(resources)
      .filter(([id]) => (partsOf[from] ?? []).some((part) => id.startsWith(part)) || nameOf(id) === from)
      .some(([, { Properties }]) => references(Properties).includes(to))

  it('shows what the template of config/example.json has, and all of it', () => {
    const drawn = drawnTypes.flatMap((type) => resourcesOf(template, type).map(([id]) => nameOf(id)))
    expect(nodes.filter((name) => name !== 'TenantnorthRole').sort()).toEqual(drawn.sort())
    const roles = resourcesOf(template, 'AWS::IAM::Role').map(([id]) => nameOf(id))
    expect(roles.filter((name) => name.startsWith('Tenant'))).toEqual(['TenantnorthRole'])
  })

  it('has an arrow only where one side names the other in the template', () => {
    expect(arrows.length).toBeGreaterThan(15)
    expect(arrows.filter(([from, to]) => !refersTo(from, to) && !refersTo(to, from))).toEqual([])
  })

  it('would notice a wrong arrow', () => {
    expect(refersTo('DispatchFunction', 'StudiesBucket') || refersTo('StudiesBucket', 'DispatchFunction')).toBe(false)
  })

  it('leaves no box of the way without an arrow', () => {
    const touched = new Set(arrows.flat())
    const beside = /^(Studies(Key|AccessLog)|OperationsKey|Settings|Observability|NetworkVpc|.*DeadLetters)/
    expect(nodes.filter((name) => !beside.test(name) && !touched.has(name))).toEqual([])
  })

  it('shows the prefixes that the bucket keeps', () => {
    const rules = resourcesOf(template, 'AWS::S3::Bucket').flatMap(
      ([, { Properties }]) => Properties.LifecycleConfiguration.Rules as { Prefix?: string }[],
    )
    const kept = rules.flatMap(({ Prefix }) => (Prefix === undefined ? [] : [`${Prefix.split('/')[0]}/`]))
    expect(
      attributes(/data-prefix="([^"]+)"/g)
        .map(([prefix]) => prefix)
        .sort(),
    ).toEqual([...new Set(kept)].sort())
  })

  it('is numbered as its text', () => {
    const text = readFileSync(resolve(docs, 'architecture.md'), 'utf8')
    const steps = [...text.matchAll(/^(\d+)\. /gm)].map(([, step]) => Number(step))
    const marks = attributes(/class="n"[^>]*>(\d+)</g).map(([mark]) => Number(mark))
    expect(marks.sort((a, b) => a - b)).toEqual(steps)
  })
})
