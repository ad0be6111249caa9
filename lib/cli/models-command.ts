import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Argument, type Command, Option } from 'commander'
import { createCodecs } from '../adapters/codecs/create-codecs.ts'
import { createOnnxSession, type ExecutionProvider, executionProviders } from '../adapters/onnx/create-onnx-session.ts'
import { loadCascade, readBundle, readProfile } from '../adapters/onnx/load-cascade.ts'
import { type GoldenCheck, verifyGolden } from '../adapters/onnx/verify-golden.ts'
import { defaultModelsFolder } from '../embedded/package-root.ts'
import type { ModelBundle } from '../screening/classification/model-bundle.ts'
import type { ScreeningProfile } from '../screening/classification/screening-profile.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { exitCodes } from './failed-program.ts'
import { addModelsAddCommand } from './models-add-command.ts'
import { formatTable } from './terminal.ts'

interface Options {
  models: string
  json: boolean
  executionProvider: ExecutionProvider
}

interface BundleReport {
  readonly id: string
  readonly version: string
  readonly task: ModelBundle['task']
  readonly sha256: string
  readonly sizeBytes: number
  readonly inUse: boolean
  readonly golden: readonly GoldenCheck[]
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
    .addHelpText('after', '\nExit code: 0 everything holds; 1 a digest, a threshold or a golden file does not.')
    .action(async (action: 'verify' | 'list', options: Options) => {
      const verify = action === 'verify'
      const profile = await readProfile(options.models)
      const reports = await reportBundles(options, profile, verify)
      if (verify) await closeAfterLoading(options)
      console.log(options.json ? JSON.stringify({ profile, bundles: reports }, null, 2) : format(profile, reports))
      const failed = reports.some((report) => report.golden.some((check) => !check.passed))
      process.exitCode = failed ? exitCodes.failed : exitCodes.done
    })
}

/** The profile's own pins are checked by loading it as a screening process does. */
async function closeAfterLoading({ models, executionProvider }: Options): Promise<void> {
  const { classifier, segmenter } = await loadCascade(models, { executionProvider, threads: 1 })
  await classifier.session.close()
  await segmenter.session.close()
}

async function reportBundles(options: Options, profile: ScreeningProfile, verify: boolean): Promise<BundleReport[]> {
  const entries = await readdir(options.models, { withFileTypes: true })
  const reports: BundleReport[] = []
  const codecs = createCodecs()
  try {
    for (const entry of entries.filter((candidate) => candidate.isDirectory()).sort(byName)) {
      const folder = join(options.models, entry.name)
      if (!(await readdir(folder)).includes('model.json')) continue
      const { bundle, network } = await readBundle(folder)
      if (bundle.id !== entry.name) {
        throw new ConfigurationError(
          `${folder} holds a bundle called '${bundle.id}'. Name the folder after the bundle.`,
        )
      }
      let golden: GoldenCheck[] = []
      if (verify) {
        const { executionProvider } = options
        const session = await createOnnxSession(network, bundle.input.name, { executionProvider, threads: 1 })
        golden = await verifyGolden(folder, bundle, session, codecs)
        await session.close()
      }
      reports.push({
        id: bundle.id,
        version: bundle.version,
        task: bundle.task,
        sha256: bundle.sha256,
        sizeBytes: network.length,
        inUse: [profile.classifier.bundle, profile.segmenter.bundle].includes(bundle.id),
        golden,
      })
    }
  } finally {
    await codecs.close()
  }
  return reports
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1)

function format(profile: ScreeningProfile, reports: readonly BundleReport[]): string {
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
  ].join('\n')
}
