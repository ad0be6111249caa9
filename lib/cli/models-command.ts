import { Argument, type Command, Option } from 'commander'
import { type ExecutionProvider, executionProviders } from '../adapters/onnx/create-onnx-session.ts'
import { defaultModelsFolder } from '../embedded/package-root.ts'
import { type BundleReport, reportModels } from '../embedded/report-models.ts'
import type { ScreeningProfile } from '../screening/classification/screening-profile.ts'
import { exitCodes } from './failed-program.ts'
import { addModelsAddCommand } from './models-add-command.ts'
import { formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  models: string
  json: boolean
  executionProvider: ExecutionProvider
}

export function addModelsCommand(program: Command): void {
  const models = program.command('models').description('list, verify and add model bundles')
  addModelsAddCommand(models)
  models
    .addArgument(
      new Argument('[action]', 'verify runs the golden files through the networks; list stops at the digests')
        .choices(['verify', 'list'])
        .default('verify'),
    )
    .option('--models <dir>', 'folder with profile.json and the model bundles', defaultModelsFolder)
    .addOption(
      new Option('--execution-provider <name>', 'where the golden files run')
        .choices(executionProviders)
        .default('cpu'),
    )
    .option('--json', 'print the report as JSON', false)
    .addHelpText(
      'after',
      wrapNotes(
        'Exit code: 0 everything holds; 1 a digest, a threshold or a golden file does not, or verify finds a bundle that has no golden files.',
      ),
    )
    .action(async (action: 'verify' | 'list', options: Options) => {
      const { profile, bundles } = await reportModels(options.models, { ...options, verify: action === 'verify' })
      // Nothing shows that such a bundle runs here as it was exported: `models add` does not take it either.
      const unproven = action === 'verify' ? bundles.filter(({ golden }) => golden.length === 0) : []
      console.log(options.json ? JSON.stringify({ profile, bundles }, null, 2) : format(profile, bundles, unproven))
      const failed = unproven.length > 0 || bundles.some(({ golden }) => golden.some(({ passed }) => !passed))
      process.exitCode = failed ? exitCodes.failed : exitCodes.done
    })
}

function format(
  profile: ScreeningProfile,
  reports: readonly BundleReport[],
  unproven: readonly BundleReport[],
): string {
  const rows = reports.map(({ id, version, task, sha256, sizeBytes, inUse }) => [
    id,
    version,
    task,
    `${sha256.slice(0, 12)}…`,
    `${(sizeBytes / 1e6).toFixed(1)} MB`,
    inUse ? `profile '${profile.id}'` : '',
  ])
  const checks = reports.flatMap(({ id, golden }) =>
    golden.map(({ golden: file, passed, found }) => `${passed ? 'holds' : 'FAILS'}  ${id}/${file}: ${found}`),
  )
  return [
    formatTable(['bundle', 'version', 'task', 'sha256', 'size', 'in use'], rows),
    '',
    `Digests hold. Operating point: ${profile.classifier.operatingPoint}.`,
    ...checks,
    ...unproven.map(({ id }) => `FAILS  ${id}: it has no golden files. Export it again.`),
  ].join('\n')
}
