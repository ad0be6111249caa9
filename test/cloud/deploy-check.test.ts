import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { environmentConfig } from '../../lib/infrastructure/config.ts'
import { checkBootstrap } from '../../lib/operations/deploy-check/online-checks.ts'
import { environmentOf, type StandIn, startStandIn } from './harness/start-stand-in.ts'

/** The account that the stand-in answers for. */
const account = '123456789012'

let standIn: StandIn
let client: SSMClient
beforeAll(async () => {
  standIn = await startStandIn()
  const {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  } = environmentOf('')
  client = new SSMClient({ endpoint: standIn.endpoint, region, credentials: { accessKeyId, secretAccessKey } })
})
beforeEach(() => standIn.reset())
afterAll(() => standIn.stop())

const configOf = (changes: object = {}) =>
  environmentConfig.parse({
    name: 'clinic',
    account,
    region: 'eu-central-1',
    alarmEmail: 'on-call@hospital.test',
    tenants: [{ settings: { id: 'north' } }],
    ...changes,
  })

const bootstrap = (Value: string) =>
  client.send(
    new PutParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version', Type: 'String', Value, Overwrite: true }),
  )

const verdicts = async (changes: object = {}) =>
  (await checkBootstrap(client, configOf(changes))).map(({ check, verdict }) => [check, verdict])

it('finds an account without bootstrap', async () => {
  expect(await verdicts()).toEqual([['CDK bootstrap, asked', 'failed']])
})

it.each([
  ['21', 'ok'],
  ['6', 'ok'],
  ['5', 'failed'],
])('calls bootstrap version %s %s', async (version, verdict) => {
  await bootstrap(version)
  expect(await verdicts()).toEqual([
    ['account of the credentials', 'ok'],
    ['CDK bootstrap, asked', verdict],
  ])
})

it('tells when the credentials are of another account', async () => {
  await bootstrap('21')
  expect(await verdicts({ account: '998877665544' })).toContainEqual(['account of the credentials', 'failed'])
})

it('tells when nobody answers', async () => {
  const nobody = new SSMClient({
    endpoint: 'http://127.0.0.1:9',
    region: 'eu-central-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  expect(await checkBootstrap(nobody, configOf())).toMatchObject([{ check: 'CDK bootstrap, asked', verdict: 'failed' }])
})
