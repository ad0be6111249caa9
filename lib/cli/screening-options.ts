import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type ExecutionProvider, executionProviders } from '../adapters/onnx/create-onnx-session.ts'
import { defaultModelsFolder } from '../embedded/package-root.ts'
import { defaultDocuments, type ScreeningSettings } from '../embedded/screening-settings.ts'
import { type DocumentKind, documentKinds } from '../screening/kernel/document-kinds.ts'
import { type ScreeningMode, screeningModes } from '../screening/kernel/screening-mode.ts'
import { defaultSuitabilityPolicy, type SuitabilityPolicy } from '../screening/radiograph/suitability.ts'

export interface PolicyOptions {
  concurrency: number
  minimumAge: number
}

export interface ScreeningOptions extends PolicyOptions {
  models: string
  executionProvider: ExecutionProvider
  threads: number
  cam: boolean
  documents: readonly DocumentKind[]
  mode: ScreeningMode
}

/** The options of everything that reads radiographs. */
export function addPolicyOptions(command: Command): Command {
  return command
    .option(
      '--concurrency <n>',
      'images at a time, each in a process of its own',
      parsePositive,
      availableParallelism(),
    )
    .option(
      '--minimum-age <years>',
      'younger patients are rejected as paediatric',
      parseYears,
      defaultSuitabilityPolicy.minimumAgeYears,
    )
}

export function policyOf(options: PolicyOptions): SuitabilityPolicy {
  return { ...defaultSuitabilityPolicy, minimumAgeYears: options.minimumAge }
}

/** The options that `screen`, `watch` and `demo` share. */
export function addScreeningOptions(command: Command): Command {
  return addPolicyOptions(command)
    .option('--models <dir>', 'folder with profile.json and the model bundles', defaultModelsFolder)
    .option('--threads <n>', 'threads of one inference', parsePositive, 1)
    .addOption(
      new Option('--execution-provider <name>', 'where the networks run; never replaced in silence')
        .choices(executionProviders)
        .default('cpu'),
    )
    .option(
      '--documents <kinds>',
      `what is written beside result.json: 'all', or some of ${documentKinds.join(', ')}, divided by commas`,
      parseDocuments,
      defaultDocuments,
    )
    .addOption(
      new Option('--mode <name>', 'full, or triage: a flag only, nothing says where (no region in any document)')
        .choices(screeningModes)
        .default('full'),
    )
    .option('--cam', "also write the classifier's class-activation map (class-activation-map.png)", false)
}

export function settingsOf(options: ScreeningOptions, outDir: string): ScreeningSettings {
  return {
    modelsFolder: options.models,
    executionProvider: options.executionProvider,
    threads: options.threads,
    outDir,
    policy: policyOf(options),
    mode: options.mode,
    documents: options.cam ? [...options.documents, 'class-activation-map'] : options.documents,
    deidentificationKey: null,
  }
}

function parseDocuments(text: string): readonly DocumentKind[] {
  if (text === 'all') return documentKinds
  return text.split(',').map((name) => {
    const kind = documentKinds.find((candidate) => candidate === name.trim())
    if (!kind) throw new InvalidArgumentError(`there is no document '${name}'`)
    return kind
  })
}

export function parsePositive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number of at least 1')
  return value
}

export function parseWithin(text: string, least: number, most: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`)
  }
  return value
}

function parseYears(text: string): number {
  const value = Number(text)
  if (!(value >= 0)) throw new InvalidArgumentError('expected a number of years, 0 or more')
  return value
}
