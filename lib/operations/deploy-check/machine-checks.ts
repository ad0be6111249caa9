import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { EnvironmentConfig } from '../../infrastructure/config.ts'
import { type Check, failed, notChecked, ok, warning } from './check.ts'

export interface Machine {
  /** Of the checkout that is deployed. */
  readonly root: string
  /** e.g. '22.11.0'. */
  readonly nodeVersion: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** @default the user's */
  readonly home?: string
}

/** What the machine that deploys must have. `config` null: it could not be read, an image is assumed to be built. */
export async function checkMachine(machine: Machine, config: EnvironmentConfig | null): Promise<Check[]> {
  return [
    nodeVersion(machine),
    cdkVersion(machine),
    ...assets(machine),
    ...(config?.imageUri ? [] : [await docker(machine)]),
    ...(config ? [zones(machine, config)] : []),
    credentials(machine),
  ]
}

function nodeVersion({ nodeVersion }: Machine): Check {
  const [major, minor] = nodeVersion.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 9)) return failed('Node', nodeVersion, 'Install Node 22 or later.')
  return major < 22
    ? warning('Node', nodeVersion, 'Releases of the AWS SDK from January 2027 on need 22: install it before then.')
    : ok('Node', nodeVersion)
}

/** The registry's `latest` of aws-cdk may be a stale 3.0.0, which refuses what aws-cdk-lib 2 writes. */
function cdkVersion({ root }: Machine): Check {
  const file = join(root, 'node_modules/aws-cdk/package.json')
  const remedy = 'Run npm ci in the checkout and call it as npx cdk there; a global one may be another.'
  if (!existsSync(file)) return failed('CDK command line', 'not installed', remedy)
  const version: string = JSON.parse(readFileSync(file, 'utf8')).version
  const [major, minor] = version.split('.').map(Number)
  return major === 2 && minor >= 1148
    ? ok('CDK command line', version)
    : failed('CDK command line', `${version}, expected 2.1148 or later of 2`, remedy)
}

function assets({ root }: Machine): Check[] {
  return [
    ['preprocess', 'main.mjs'],
    ['dispatch', 'main.mjs'],
    ['screen', 'Dockerfile'],
  ].map(([name, entry]) => {
    const file = join('dist/assets', name, entry)
    return existsSync(join(root, file))
      ? ok(`built: ${name}`, file)
      : failed(`built: ${name}`, `${file} is missing`, 'npm run package')
  })
}

/** Speaks to the local engine only. */
async function docker({ environment }: Machine): Promise<Check> {
  const check = 'Docker, to build the image'
  const remedy =
    'Start a Docker engine here, or build the image elsewhere and name it by digest in imageUri of the config.'
  try {
    const asked = promisify(execFile)('docker', ['version', '--format', '{{.Server.Version}}'], {
      timeout: 15_000,
      env: { ...environment },
    })
    return ok(check, `engine ${(await asked).stdout.trim()}`)
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return failed(check, absent ? 'no docker command' : 'the engine does not answer', remedy)
  }
}

/** The CDK asks the account for its zones at the first synthesis, unless the config names them, and keeps the answer beside cdk.json. */
function zones({ root }: Machine, { account, region, availabilityZones }: EnvironmentConfig): Check {
  const check = 'zones of the account'
  const file = join(root, 'cdk.context.json')
  const context = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const known: unknown = context[`availability-zones:account=${account}:region=${region}`]
  if (Array.isArray(known)) {
    const absent = (availabilityZones ?? []).filter((zone) => !known.includes(zone))
    return absent.length === 0
      ? ok(check, `${known.length}, in cdk.context.json`)
      : failed(check, `${absent.join(', ')}: not of this account`, `Choose of: ${known.join(', ')}.`)
  }
  if (availabilityZones) {
    const ask = `aws ec2 describe-availability-zones --region ${region} --query "AvailabilityZones[].ZoneName"`
    return notChecked(check, `the config says ${availabilityZones.join(', ')}`, ask)
  }
  const remedy = 'npx cdk synth asks once, with credentials; keep cdk.context.json under version control.'
  return notChecked(check, 'not yet in cdk.context.json', remedy)
}

/** Whether there are any; whose, and whether they still hold, only AWS can tell. */
function credentials({ environment, home = homedir() }: Machine): Check {
  const variable = [
    'AWS_ACCESS_KEY_ID',
    'AWS_PROFILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  ].find((name) => environment[name])
  const file = [
    environment.AWS_SHARED_CREDENTIALS_FILE ?? join(home, '.aws/credentials'),
    environment.AWS_CONFIG_FILE ?? join(home, '.aws/config'),
  ].find(existsSync)
  if (variable) return ok('credentials', `by ${variable}; not asked whether they hold`)
  if (file) return ok('credentials', 'by the files of the AWS command line; not asked whether they hold')
  return failed('credentials', 'none found', 'Sign in: aws configure sso, or set AWS_PROFILE.')
}
