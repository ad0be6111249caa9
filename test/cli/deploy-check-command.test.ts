import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { addDeployCheckCommand } from '../../lib/cli/deploy-check-command.ts'
import { type EnvironmentConfig, environmentConfig } from '../../lib/infrastructure/config.ts'
import { checkAccount, quotasOf } from '../../lib/operations/deploy-check/account-checks.ts'
import type { Check } from '../../lib/operations/deploy-check/check.ts'
import { checkConfig } from '../../lib/operations/deploy-check/config-checks.ts'
import { checkMachine } from '../../lib/operations/deploy-check/machine-checks.ts'
import type { ClassifierBundle } from '../../lib/screening/classification/model-bundle.ts'
import { runCommand } from './run-command.ts'

const classifier = {
  id: 'classifier',
  operatingPoints: [{ id: 'screening' }, { id: 'confirmation' }],
} as unknown as ClassifierBundle

const north = { settings: { id: 'north', monthlyQuotaImages: 1000 } }

/** A config that nothing is wrong with, with changes. */
const configOf = (changes: object = {}): EnvironmentConfig =>
  environmentConfig.parse({
    name: 'clinic',
    account: '998877665544',
    region: 'eu-central-1',
    alarmEmail: 'on-call@hospital.test',
    tenants: [north],
    ...changes,
  })

const withVerdict = (checks: readonly Check[], ...verdicts: string[]) =>
  checks.filter(({ verdict }) => verdicts.includes(verdict)).map(({ check }) => check)

const ecrImage = (region: string): string =>
  `123456789012.dkr.ecr.${region}.amazonaws.com/pleura@sha256:${'a'.repeat(64)}`

describe('the config that is to be deployed', () => {
  it('passes when nothing is wrong with it', () => {
    expect(withVerdict(checkConfig(configOf(), classifier), 'failed', 'warning')).toEqual([])
  })

  it.each([
    ['an account of the documentation', { account: '111122223333' }, 'account'],
    ['a mail address that nobody reads', { alarmEmail: 'ops@mail.example.org' }, 'alarmEmail'],
    [
      'a trusted account of the documentation',
      { tenants: [{ ...north, trustedAccount: '444455556666', externalId: '8c1f0a62d4b35e97' }] },
      'tenant north: trustedAccount',
    ],
    [
      'an external id that was not replaced',
      { tenants: [{ ...north, trustedAccount: '998877665533', externalId: 'replace-by-a-random-one' }] },
      'tenant north: externalId',
    ],
    ['a GPU that is not of CUDA', { instanceTypes: ['g4ad.xlarge'] }, 'g4ad.xlarge in eu-central-1'],
    ['a GPU machine of ARM', { instanceTypes: ['g5g.xlarge'] }, 'g5g.xlarge in eu-central-1'],
    [
      'an operating point that the bundle lacks',
      { tenants: [{ settings: { ...north.settings, operatingPoint: 'rule-out' } }] },
      'tenant north: operating point',
    ],
    [
      'a time zone that there is not',
      { profile: 'warm', clinicHours: { timeZone: 'Europe/Zürich', from: 7, to: 19 } },
      'clinicHours',
    ],
    [
      'an image that the private endpoints cannot reach',
      { endpoints: 'private', imageUri: `ghcr.test/pleura@sha256:${'a'.repeat(64)}` },
      'imageUri',
    ],
    [
      "an image in another region's registry, which they do not reach either",
      { endpoints: 'private', imageUri: ecrImage('eu-west-1') },
      'imageUri',
    ],
  ])('fails for %s', (_, changes, check) => {
    const checks = checkConfig(configOf(changes), classifier)
    expect(withVerdict(checks, 'failed')).toEqual([check])
    expect(checks.find((one) => one.check === check)?.remedy).toBeTruthy()
  })

  it.each([
    [
      'a region that our table lacks',
      { region: 'eu-central-2', instanceTypes: ['g5.xlarge'] },
      'g5.xlarge in eu-central-2',
    ],
    ['machines too large for the jobs', { instanceTypes: ['g5.2xlarge'] }, 'machines for maximumJobs'],
    ['a tenant without limits', { tenants: [{ settings: { id: 'south' } }] }, 'tenant south: limits'],
    [
      'tenants that may spend more than the budget',
      { tenants: [{ settings: { id: 'south', monthlyBudgetUsd: 500 } }] },
      'monthlyBudgetUsd',
    ],
    ['an image that is not pinned', { imageUri: 'ghcr.test/pleura:1' }, 'imageUri'],
  ])('warns of %s', (_, changes, check) => {
    const checks = checkConfig(configOf(changes), classifier)
    expect(withVerdict(checks, 'warning')).toEqual([check])
    expect(withVerdict(checks, 'failed')).toEqual([])
  })

  it("takes an image of the region's own registry, behind private endpoints too", () => {
    const config = configOf({ endpoints: 'private', imageUri: ecrImage('eu-central-1') })
    expect(checkConfig(config, classifier).filter(({ check }) => check === 'imageUri')).toEqual([])
  })

  it('asks EC2 for a family that no table tells of', () => {
    expect(withVerdict(checkConfig(configOf({ instanceTypes: ['g6e.xlarge'] }), classifier), 'not-checked')).toEqual([
      'g6e.xlarge in eu-central-1',
    ])
  })

  it('takes the same GPU machines for granted in no profile without GPU', () => {
    const checks = checkConfig(configOf({ profile: 'cpu', instanceTypes: ['g4ad.xlarge'] }), classifier)
    expect(withVerdict(checks, 'failed', 'warning')).toEqual([])
  })
})

describe('what only the account can tell', () => {
  it.each([
    [{}, { 'L-3819A6DF': 16, 'L-DB2E81BA': 16 }],
    [{ maximumJobs: 10 }, { 'L-3819A6DF': 40, 'L-DB2E81BA': 40 }],
    [
      { maximumJobs: 1, instanceTypes: ['g5.2xlarge', 'g5.xlarge'] },
      { 'L-3819A6DF': 8, 'L-DB2E81BA': 8 },
    ],
    [{ profile: 'cpu' }, { 'L-36FBB829': 16, 'L-3032A538': 16 }],
  ])('computes the vCPUs of %j', (changes, vcpus) => {
    const quotas = Object.fromEntries(quotasOf(configOf(changes)).map(({ code, atLeast }) => [code, atLeast]))
    expect(quotas).toEqual({ ...vcpus, 'L-B99A9384': 161 })
  })

  it('is never called ok, and comes with the command that asks', () => {
    const checks = checkAccount(configOf())
    expect(withVerdict(checks, 'ok', 'failed', 'warning')).toEqual([])
    expect(checks.map(({ check }) => check)).toContain('quota L-3819A6DF: All G and VT Spot Instance Requests')
    expect(checks.find(({ check }) => check === 'CDK bootstrap')?.remedy).toContain(
      'npx cdk bootstrap aws://998877665544/eu-central-1',
    )
  })

  it('asks for no role of EC2 Spot where there is no EC2', () => {
    const spot = 'service-linked role of EC2 Spot'
    expect(checkAccount(configOf()).map(({ check }) => check)).toContain(spot)
    expect(checkAccount(configOf({ profile: 'cpu' })).map(({ check }) => check)).not.toContain(spot)
  })
})

describe('the machine that deploys', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'pleura-deploy-'))
    await put('node_modules/aws-cdk/package.json', '{"version":"2.1148.1"}')
    await put('dist/assets/preprocess/main.mjs')
    await put('dist/assets/dispatch/main.mjs')
    await put('dist/assets/screen/Dockerfile')
    await put('cdk.context.json', '{"availability-zones:account=998877665544:region=eu-central-1":["a","b"]}')
    await putDocker('echo 28.2.2')
  })

  async function put(path: string, text = ''): Promise<void> {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(join(root, path), text)
  }

  async function putDocker(script: string): Promise<void> {
    await put('bin/docker', `#!/bin/sh\n${script}\n`)
    await chmod(join(root, 'bin/docker'), 0o755)
  }

  const check = (changes: object = {}, config: EnvironmentConfig | null = configOf()) =>
    checkMachine(
      {
        root,
        home: root,
        nodeVersion: '22.11.0',
        environment: { PATH: `${join(root, 'bin')}:/bin:/usr/bin`, AWS_PROFILE: 'clinic' },
        ...changes,
      },
      config,
    )

  it('passes when everything is there', async () => {
    expect((await check()).map(({ verdict }) => verdict)).toEqual(Array(8).fill('ok'))
  })

  it.each([
    ['18.20.0', 'failed'],
    ['20.8.1', 'failed'],
    ['20.20.2', 'warning'],
    ['22.0.0', 'ok'],
    ['24.1.0', 'ok'],
  ])('calls Node %s %s', async (nodeVersion, verdict) => {
    const [node] = await check({ nodeVersion })
    expect(node.verdict).toBe(verdict)
  })

  it.each([
    ['3.0.0', 'failed'],
    ['2.1147.0', 'failed'],
    ['2.1150.2', 'ok'],
  ])('calls the CDK command line %s %s', async (version, verdict) => {
    await put('node_modules/aws-cdk/package.json', JSON.stringify({ version }))
    expect((await check())[1].verdict).toBe(verdict)
  })

  it('fails without a CDK command line, without what is deployed, and without credentials', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'pleura-empty-'))
    const checks = await check({ root: empty, home: empty, environment: { PATH: `${join(root, 'bin')}:/bin` } })
    expect(withVerdict(checks, 'failed')).toEqual([
      'CDK command line',
      'built: preprocess',
      'built: dispatch',
      'built: screen',
      'credentials',
    ])
  })

  it.each([
    ['is not installed', null, 'no docker command'],
    ['has no engine', 'exit 1', 'the engine does not answer'],
  ])('fails when Docker %s', async (_, script, found) => {
    if (script) await putDocker(script)
    const PATH = script ? `${join(root, 'bin')}:/bin:/usr/bin` : root
    const checks = await check({ environment: { PATH, AWS_PROFILE: 'clinic' } })
    expect(checks.find(({ verdict }) => verdict === 'failed')).toMatchObject({
      check: 'Docker, to build the image',
      found,
    })
  })

  it.each([
    ['another account', '{"availability-zones:account=111122223333:region=eu-central-1":["a"]}'],
    ['nothing', '{}'],
  ])('says that the zones are not known when the context tells of %s', async (_, text) => {
    await put('cdk.context.json', text)
    expect(withVerdict(await check(), 'not-checked')).toEqual(['zones of the account'])
  })

  it('does not believe zones of the config: it looks them up, or says how', async () => {
    const configured = (...zones: string[]) => configOf({ availabilityZones: zones })
    const inContext = (zones: string[]) =>
      put('cdk.context.json', JSON.stringify({ 'availability-zones:account=998877665544:region=eu-central-1': zones }))
    await inContext(['eu-central-1a', 'eu-central-1b'])
    const zones = async (config: EnvironmentConfig) =>
      (await check({}, config)).find((one) => one.check === 'zones of the account')
    expect(await zones(configured('eu-central-1a'))).toMatchObject({ verdict: 'ok' })
    expect(await zones(configured('eu-central-1a', 'eu-central-1x'))).toMatchObject({
      verdict: 'failed',
      found: 'eu-central-1x: not of this account',
      remedy: 'Choose of: eu-central-1a, eu-central-1b.',
    })
    await put('cdk.context.json', '{}')
    expect(await zones(configured('eu-central-1x'))).toMatchObject({
      verdict: 'not-checked',
      remedy: expect.stringContaining('describe-availability-zones --region eu-central-1'),
    })
  })

  it('needs no Docker for an image of a registry', async () => {
    const checks = await check({}, configOf({ imageUri: `ghcr.test/pleura@sha256:${'a'.repeat(64)}` }))
    expect(checks.map((one) => one.check)).not.toContain('Docker, to build the image')
  })

  it.each(['.aws/credentials', '.aws/config'])('takes %s for credentials and reads nothing of it', async (file) => {
    await put(file, 'secret')
    await chmod(join(root, file), 0o000)
    const checks = await check({ environment: { PATH: `${join(root, 'bin')}:/bin:/usr/bin` } })
    expect(checks.at(-1)).toMatchObject({ check: 'credentials', verdict: 'ok' })
  })
})

describe('pleura deploy-check', () => {
  it('fails for the example, whose values are of nobody, and says what to do', async () => {
    const { stdout, exitCode } = await runCommand(addDeployCheckCommand, 'deploy-check', '--json')
    expect(exitCode).toBe(3)
    const { checks } = JSON.parse(stdout)
    expect(withVerdict(checks, 'failed')).toEqual(
      expect.arrayContaining(['account', 'alarmEmail', 'tenant north: trustedAccount', 'tenant north: externalId']),
    )
    for (const { verdict, remedy } of checks) expect(verdict === 'ok').toBe(remedy === null)
  })

  it('names every wrong field of a config, and still looks at the machine', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'pleura-deploy-')), 'clinic.json')
    await writeFile(file, JSON.stringify({ name: 'clinic', account: '1', region: 'mars', tenants: [] }))
    const { stdout, exitCode } = await runCommand(addDeployCheckCommand, 'deploy-check', '--config', file)
    expect(exitCode).toBe(3)
    for (const field of ['account', 'region', 'alarmEmail', 'tenants']) expect(stdout).toContain(`${field}: `)
    expect(stdout).toContain('CDK command line')
  })

  it('prints a table of at most 100 columns, also of a config whose every line is long', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'pleura-deploy-')), 'clinic.json')
    const changes = {
      alarmEmail: `${'on-call-'.repeat(7)}@hospital.test`,
      imageUri: `ghcr.test/${'pleura'.repeat(20)}:1`,
    }
    await writeFile(file, JSON.stringify({ ...configOf(changes) }))
    const { stdout } = await runCommand(addDeployCheckCommand, 'deploy-check', '--config', file)
    const [table] = stdout.split('\n\n')
    expect(table).toContain('on-call-')
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  it('prints each remedy once, below the table', async () => {
    const { stdout } = await runCommand(addDeployCheckCommand, 'deploy-check')
    expect(stdout).toContain('FAILED: account\n  It is an example of the documentation')
    expect(stdout).toMatch(/\d+ failed, \d+ warnings, \d+ ok, \d+ to be asked of the account\./)
  })
})

it('checks every operating point that the shipped profile may be asked for', async () => {
  const profile = JSON.parse(await readFile('models/profile.json', 'utf8'))
  const tenants = [{ settings: { ...north.settings, operatingPoint: profile.classifier.operatingPoint } }]
  const file = join(await mkdtemp(join(tmpdir(), 'pleura-deploy-')), 'clinic.json')
  await writeFile(file, JSON.stringify({ ...configOf(), tenants }))
  const { stdout } = await runCommand(addDeployCheckCommand, 'deploy-check', '--json', '--config', file)
  expect(withVerdict(JSON.parse(stdout).checks, 'ok')).toContain('tenant north: operating point')
})
