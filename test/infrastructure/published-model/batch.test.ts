import { describe, expect, it } from 'vitest'
import { resourcesOf, synthesize } from '../synthesize.ts'
import { readModel } from './read-model.ts'
import { violations } from './violations.ts'

const batch = readModel('batch')
const profiles = ['gpu', 'warm', 'cpu'].flatMap((profile) =>
  ['economy', 'private'].map((endpoints) => ({ profile, endpoints })),
)
/** What CloudFormation itself takes, beside what it hands on when a resource is made. */
const ofCloudFormation = ['ReplaceComputeEnvironment', 'UpdatePolicy', 'UpdateToLatestImageVersion']
const without = (value: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !ofCloudFormation.includes(name)))

describe('what AWS Batch is asked for', () => {
  it.each(profiles)('$profile, $endpoints: keeps to the model of its API', (changes) => {
    const template = synthesize(changes)
    const onFargate = changes.profile === 'cpu'
    const found = [
      ...resourcesOf(template, 'AWS::Batch::JobDefinition').flatMap(([, { Properties }]) =>
        violations(batch, 'RegisterJobDefinitionRequest', Properties, { onFargate }),
      ),
      ...resourcesOf(template, 'AWS::Batch::ComputeEnvironment').flatMap(([, { Properties }]) =>
        violations(
          batch,
          'CreateComputeEnvironmentRequest',
          {
            // CloudFormation gives it a name.
            ComputeEnvironmentName: 'any',
            ...without(Properties),
            // The CDK writes it small, which CloudFormation takes.
            Type: Properties.Type.toUpperCase(),
            ComputeResources: without(Properties.ComputeResources),
          },
          { onFargate },
        ),
      ),
      ...resourcesOf(template, 'AWS::Batch::JobQueue').flatMap(([, { Properties }]) =>
        violations(batch, 'CreateJobQueueRequest', { JobQueueName: 'any', ...Properties }),
      ),
    ]
    expect(found).toEqual([])
  })

  it('warm: has its machine kept and let go by calls that the API knows', () => {
    const template = synthesize({ profile: 'warm' })
    const inputs = resourcesOf(template, 'AWS::Scheduler::Schedule').map(([, { Properties }]) => {
      const [, parts] = Properties.Target.Input['Fn::Join']
      return JSON.parse(parts.map((part: unknown) => (typeof part === 'string' ? part : 'arn')).join(''))
    })
    expect(inputs).toHaveLength(2)
    expect(inputs.flatMap((input) => violations(batch, 'UpdateComputeEnvironmentRequest', input))).toEqual([])
  })
})

describe('the model of AWS Batch', () => {
  const definition = (container: object) => ({
    JobDefinitionName: 'drain',
    Type: 'container',
    ContainerProperties: { Image: { Ref: 'Image' }, ...container },
  })

  it.each([
    [
      'a volume of the host on Fargate',
      definition({ Volumes: [{ Name: 'tmp', Host: {} }] }),
      'RegisterJobDefinitionRequest.containerProperties.volumes.0.host is not for Fargate',
    ],
    [
      'a tmpfs on Fargate',
      definition({ LinuxParameters: { Tmpfs: [] } }),
      'RegisterJobDefinitionRequest.containerProperties.linuxParameters.tmpfs is not for Fargate',
    ],
    [
      'a health check',
      definition({ HealthCheck: {} }),
      'RegisterJobDefinitionRequest.containerProperties.healthCheck is no parameter of the service',
    ],
    [
      'a text in place of a truth value',
      definition({ ReadonlyRootFilesystem: 'true' }),
      'RegisterJobDefinitionRequest.containerProperties.readonlyRootFilesystem is not true or false',
    ],
    ['a kind that there is not', { ...definition({}), Type: 'drain' }, /type is 'drain', not one of container/],
    ['a name that is missing', { Type: 'container' }, 'RegisterJobDefinitionRequest.jobDefinitionName is missing'],
  ])('refuses %s', (_, input, expected) => {
    const found = violations(batch, 'RegisterJobDefinitionRequest', input, { onFargate: true })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(expected)
  })
})
