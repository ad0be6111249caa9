import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { readBundle, readProfile } from '../adapters/onnx/read-bundle.ts'
import { defaultModelsFolder, packageRoot } from '../embedded/package-root.ts'
import { type EnvironmentConfig, readConfig } from '../infrastructure/config.ts'
import { checkAccount } from '../operations/deploy-check/account-checks.ts'
import { type Check, failed, ok, type Verdict } from '../operations/deploy-check/check.ts'
import { checkConfig } from '../operations/deploy-check/config-checks.ts'
import { checkMachine } from '../operations/deploy-check/machine-checks.ts'
import { clientSettings } from '../operations/open-study-store.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { exitCodes } from './failed-program.ts'
import { formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  config: string
  models: string
  online: boolean
  json: boolean
}

export function addDeployCheckCommand(program: Command): void {
  program
    .command('deploy-check')
    .description('before deploying to the cloud: what a first deployment fails for, as far as it can be told from here')
    .option('--config <json>', 'the environment that is to be deployed', 'config/example.json')
    .option('--models <dir>', 'the bundles that are deployed', defaultModelsFolder)
    .option('--online', 'also ask the account for its CDK bootstrap: one request, nothing is changed', false)
    .option('--json', 'print the checks as JSON', false)
    .addHelpText(
      'after',
      wrapNotes(
        'Nothing is sent anywhere without --online. What only the account can tell is listed with the command that asks it.\nExit code: 0 nothing failed; 3 a check failed; 1 the program failed.',
      ),
    )
    .action(async (options: Options) => {
      const checks = await runChecks(options)
      console.log(options.json ? JSON.stringify({ config: options.config, checks }) : format(checks))
      process.exitCode = checks.some(({ verdict }) => verdict === 'failed') ? exitCodes.attention : exitCodes.done
    })
}

async function runChecks({ config: file, models, online }: Options): Promise<Check[]> {
  const machine = { root: packageRoot, nodeVersion: process.versions.node, environment: process.env }
  const classifier = await readClassifier(models)
  let config: EnvironmentConfig
  try {
    config = readConfig(resolve(file))
  } catch (error) {
    const unreadable = failed('config', (error as Error).message, 'Correct it; nothing that depends on it was checked.')
    return [unreadable, ...(await checkMachine(machine, null))]
  }
  const asked = online ? await askAccount(config) : []
  return [
    ok(
      'config',
      `${file}: '${config.name}' in ${config.region}, profile ${config.profile}, endpoints ${config.endpoints}`,
    ),
    ...checkConfig(config, classifier),
    ...(await checkMachine(machine, config)),
    ...asked,
    ...checkAccount(config).filter(({ check }) => !(online && check === 'CDK bootstrap')),
  ]
}

async function readClassifier(models: string) {
  const profile = await readProfile(models)
  const { bundle } = await readBundle(join(models, profile.classifier.bundle))
  if (bundle.task !== 'classification') {
    throw new ConfigurationError(`The profile's classifier '${bundle.id}' is a bundle for ${bundle.task}.`)
  }
  return bundle
}

async function askAccount(config: EnvironmentConfig): Promise<Check[]> {
  const { SSMClient } = await import('@aws-sdk/client-ssm')
  const { checkBootstrap } = await import('../operations/deploy-check/online-checks.ts')
  const client = new SSMClient({ ...clientSettings, region: config.region })
  try {
    return await checkBootstrap(client, config)
  } finally {
    client.destroy()
  }
}

const marks: Record<Verdict, string> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'FAILED',
  'not-checked': 'ask the account',
}

function format(checks: readonly Check[]): string {
  const counted = (verdict: Verdict) => checks.filter((check) => check.verdict === verdict)
  const remedies = checks.flatMap(({ check, verdict, remedy }) =>
    remedy === null ? [] : [`${marks[verdict]}: ${check}`, `  ${remedy}`],
  )
  return [
    formatTable(
      ['check', 'verdict', 'found'],
      checks.map(({ check, verdict, found }) => [check, marks[verdict], found.split('\n')[0]]),
    ),
    '',
    ...counted('failed')
      .filter(({ found }) => found.includes('\n'))
      .map(({ found }) => found),
    ...remedies,
    '',
    `${counted('failed').length} failed, ${counted('warning').length} warnings, ${counted('ok').length} ok, ${counted('not-checked').length} to be asked of the account.`,
  ].join('\n')
}
