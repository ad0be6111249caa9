import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { metricNamespace } from '../../lib/adapters/aws/operational-log.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { type Lane, lanes } from '../../lib/screening/screening-job/tenant.ts'
import { openReception } from '../functions/preprocess/open-reception.ts'
import { openClinic } from '../functions/screen/open-clinic.ts'
import { buildDicom } from '../radiograph/build-dicom.ts'
import { busTarget, resourcesOf, synthesize } from './synthesize.ts'

interface Watched {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, unknown>>
  /** The alarm, or the widget's title. */
  readonly by: string
}

/** What a deployed program tells: a call of `metric` in its source, with the names of its dimensions. */
const functionsFolder = resolve(import.meta.dirname, '../../functions')
const emitted = ['preprocess', 'dispatch', 'screen', 'deliver'].flatMap((program) =>
  readdirSync(join(functionsFolder, program))
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const source = readFileSync(join(functionsFolder, program, file), 'utf8')
      return [...source.matchAll(/metric\(\s*(?:isRefusal \? '(\w+)' : )?'(\w+)',[^{]*\{([^}]*)\}/g)].flatMap(
        ([, other, name, dimensions]) => {
          const keys = dimensions.split(',').map((one) => one.split(':')[0].trim())
          return [other, name].filter(Boolean).map((one) => ({ name: one, keys: keys.sort().join() }))
        },
      )
    }),
)

/** What AWS itself tells of a resource, by the dimension that names it. @see the services' lists of metrics */
const toldByAws: Readonly<Record<string, { type: string; dimension: string; names: readonly string[] }>> = {
  'AWS/SQS': {
    type: 'AWS::SQS::Queue',
    dimension: 'QueueName',
    names: ['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage'],
  },
  'AWS/Lambda': { type: 'AWS::Lambda::Function', dimension: 'FunctionName', names: ['Errors'] },
}

function watchedBy(template: Template): Watched[] {
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').flatMap(([by, { Properties }]) => {
    const stats: { Namespace: string; MetricName: string; Dimensions?: { Name: string; Value: unknown }[] }[] =
      Properties.MetricName
        ? [Properties]
        : Properties.Metrics.flatMap(({ MetricStat }: { MetricStat?: { Metric: unknown } }) => MetricStat?.Metric ?? [])
    return stats.map(({ Namespace, MetricName, Dimensions = [] }) => ({
      namespace: Namespace,
      name: MetricName,
      dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, referenceOf(Value)])),
      by,
    }))
  })
  const widgets = resourcesOf(template, 'AWS::CloudWatch::Dashboard').flatMap(([, { Properties }]) =>
    JSON.parse(textOf(Properties.DashboardBody)).widgets.flatMap(
      ({ properties }: { properties: { title: string; metrics: unknown[][] } }) =>
        properties.metrics
          .filter(([first]) => typeof first === 'string')
          .map((metric) => {
            const [namespace, name, ...rest] = metric.filter((one) => typeof one === 'string') as string[]
            const pairs = Array.from({ length: rest.length / 2 }, (_, index) => rest.slice(2 * index, 2 * index + 2))
            return { namespace, name, dimensions: Object.fromEntries(pairs), by: properties.title }
          }),
    ),
  )
  return [...alarms, ...widgets]
}

/** References become the logical id of what they name. */
const referenceOf = (value: unknown): unknown =>
  typeof value === 'string'
    ? value
    : ((value as { Ref?: string }).Ref ?? (value as Record<string, string[]>)['Fn::GetAtt'][0])
const textOf = (body: string | { 'Fn::Join': [string, unknown[]] }): string =>
  typeof body === 'string' ? body : body['Fn::Join'][1].map(referenceOf).join('')

const isTold = ({ namespace, name, dimensions }: Watched, template: Template): boolean => {
  const byAws = toldByAws[namespace]
  if (byAws) {
    const there = resourcesOf(template, byAws.type).map(([id]) => id)
    const named = dimensions[byAws.dimension] as string
    return byAws.names.includes(name) && there.includes(named) && Object.keys(dimensions).length === 1
  }
  if (dimensions.Lane !== undefined && !lanes.includes(dimensions.Lane as Lane)) return false
  // Each measurement is told with all of its dimensions, and with none.
  const keys = Object.keys(dimensions).sort().join()
  const tellers = namespace === metricNamespace ? emitted.filter((one) => one.name === name) : []
  return tellers.some((one) => keys === '' || keys === one.keys)
}

describe.each(['gpu', 'warm', 'cpu'])('every metric of the alarms and the dashboard of profile %s', (profile) => {
  it('is told by a deployed program, with these dimensions, or by AWS of a resource that is there', () => {
    const template = synthesize({ profile })
    const watched = watchedBy(template)
    expect(watched.filter((one) => !isTold(one, template))).toEqual([])
    expect(new Set(watched.map(({ by }) => by)).size).toBeGreaterThan(20)
    expect(watched.map(({ name }) => name)).toContain('EstimatedCostUsd')
  }, 240_000)
})

it('every metric of the alarms of a target is told by its function, or by AWS of what is there', () => {
  const template = synthesize({ tenants: [{ settings: { id: 'north' }, targets: [busTarget] }] })
  const watched = watchedBy(template).filter(({ by }) => by.startsWith('Deliver'))
  expect(watched.filter((one) => !isTold(one, template))).toEqual([])
  expect(watched).toHaveLength(4)
}, 240_000)

it.each([
  ['a metric that no program tells', { name: 'EstimatedCostEur' }],
  ['a dimension that is not told', { dimensions: { Tenant: 'north' } }],
  ['a lane that there is not', { name: 'ReturnedJobSeconds', dimensions: { Lane: 'urgent' } }],
  ['another namespace', { namespace: 'pleura' }],
  [
    'a queue that is gone',
    { namespace: 'AWS/SQS', name: 'ApproximateAgeOfOldestMessage', dimensions: { QueueName: 'Q' } },
  ],
])('would notice %s', (_, changes) => {
  const watched = { namespace: metricNamespace, name: 'EstimatedCostUsd', dimensions: {}, by: 'an alarm' }
  const template = { findResources: () => ({}) } as unknown as Template
  expect(isTold(watched, template)).toBe(true)
  expect(isTold({ ...watched, ...changes }, template)).toBe(false)
})

it('names the stages that the programs tell', async () => {
  const drawn = watchedBy(synthesize()).flatMap(({ dimensions: { Stage } }) => (Stage === undefined ? [] : [Stage]))
  const reception = await openReception()
  await reception.put('uploads/north/a.dcm', buildDicom({}))
  await reception.work('routine')
  const clinic = await openClinic()
  const imageId = imageIdOf(new Uint8Array([1]))
  await clinic.prepare(imageId)
  await clinic.send('north', imageId)
  await clinic.work()
  const told = [...reception.lines, ...clinic.lines].flatMap((line) => JSON.parse(line).Stage ?? [])
  expect(drawn).toHaveLength(4)
  expect(drawn.filter((stage) => !told.includes(stage))).toEqual([])
}, 240_000)
