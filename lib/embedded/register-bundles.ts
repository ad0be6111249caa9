import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createCodecs } from '../adapters/codecs/create-codecs.ts'
import { writeFileAtomically } from '../adapters/embedded/write-file-atomically.ts'
import { createOnnxSession, type ExecutionProvider } from '../adapters/onnx/create-onnx-session.ts'
import { loadCascade } from '../adapters/onnx/load-cascade.ts'
import { readBundle, readProfile } from '../adapters/onnx/read-bundle.ts'
import { verifyGolden } from '../adapters/onnx/verify-golden.ts'
import { type ModelBundle, operatingPointOf } from '../screening/classification/model-bundle.ts'
import type { ScreeningProfile } from '../screening/classification/screening-profile.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'

export interface Registration {
  /** The folder with profile.json and the registered bundles. */
  readonly models: string
  /** Pin the bundles in the profile: screening uses them from then on. */
  readonly use: boolean
  /** Of the classifier, when it is used. @default the bundle's own */
  readonly operatingPoint?: string
  readonly executionProvider: ExecutionProvider
}

export interface RegisteredBundle {
  readonly id: string
  readonly task: ModelBundle['task']
  readonly sha256: string
  /** False: it had been there, the same. */
  readonly isNew: boolean
}

export interface Registered {
  readonly added: readonly RegisteredBundle[]
  /** The profile as written; null when the bundles are not put to use. */
  readonly profile: ScreeningProfile | null
}

/**
 * Registers model bundles: each verified first, then copied whole or not at all. A registered bundle is never replaced.
 * @throws {ConfigurationError} naming what does not hold; nothing of that bundle was changed
 */
export async function registerBundles(folders: readonly string[], registration: Registration): Promise<Registered> {
  const { models, use, executionProvider } = registration
  const bundles = await Promise.all(folders.map((folder) => verifyBundle(folder, executionProvider)))
  const profile = use ? await buildProfile(registration, bundles) : null
  const added: RegisteredBundle[] = []
  for (const [index, bundle] of bundles.entries()) added.push(await register(folders[index], bundle, models))
  if (profile) {
    await writeFileAtomically(join(models, 'profile.json'), `${JSON.stringify(profile, null, 2)}\n`)
    const { classifier, segmenter } = await loadCascade(models, { executionProvider, threads: 1 })
    await Promise.all([classifier.session.close(), segmenter.session.close()])
  }
  return { added, profile }
}

/**
 * A bundle that is whole: schema, digest, thresholds of this very network, golden files.
 * @throws {ConfigurationError} naming what does not hold
 */
async function verifyBundle(folder: string, executionProvider: ExecutionProvider): Promise<ModelBundle> {
  const { bundle, network } = await readBundle(folder)
  const codecs = createCodecs()
  const session = await createOnnxSession(network, bundle.input.name, { executionProvider, threads: 1 })
  try {
    if (bundle.golden.length === 0) {
      throw new ConfigurationError(
        `${folder} has no golden files: nothing shows that it runs here as it was exported. Export it again.`,
      )
    }
    const failed = (await verifyGolden(folder, bundle, session, codecs)).filter(({ passed }) => !passed)
    if (failed.length > 0) {
      const found = failed.map((check) => `${check.golden}: ${check.found}`).join('; ')
      throw new ConfigurationError(`${folder} does not answer its golden files (${found}). Export it again.`)
    }
    return bundle
  } finally {
    await session.close()
    await codecs.close()
  }
}

/** @throws {ConfigurationError} when another bundle has its id */
async function register(from: string, bundle: ModelBundle, models: string): Promise<RegisteredBundle> {
  const to = join(models, bundle.id)
  const added = { id: bundle.id, task: bundle.task, sha256: bundle.sha256 }
  const held = await readFile(join(to, 'model.json'), 'utf8').catch(() => null)
  if (held !== null) {
    if (held === (await readFile(join(from, 'model.json'), 'utf8'))) return { ...added, isNew: false }
    throw new ConfigurationError(
      `${to} holds another bundle of this id. Results name their bundle, so it is not replaced: give the new one another id (its folder's name when it is exported).`,
    )
  }
  await mkdir(models, { recursive: true })
  const beside = await mkdtemp(join(models, '.adding-'))
  try {
    await cp(from, beside, { recursive: true })
    await rename(beside, to)
  } catch (error) {
    await rm(beside, { recursive: true, force: true })
    throw error
  }
  return { ...added, isNew: true }
}

/** The profile with the new bundles in their roles. @throws {ConfigurationError} when a role would stay empty */
async function buildProfile(
  { models, operatingPoint }: Registration,
  bundles: readonly ModelBundle[],
): Promise<ScreeningProfile> {
  const of = (task: ModelBundle['task']): ModelBundle | undefined => {
    const found = bundles.filter((bundle) => bundle.task === task)
    if (found.length > 1) {
      throw new ConfigurationError(
        `A profile uses one bundle for ${task}, not ${found.map(({ id }) => id).join(' and ')}.`,
      )
    }
    return found[0]
  }
  const [classifier, segmenter] = [of('classification'), of('segmentation')]
  const before = await readProfile(models).catch((error) => {
    if (classifier && segmenter) return null
    throw new ConfigurationError(
      `${models} has no profile to put one bundle into (${error.message}) Add a classifier and a segmenter together.`,
    )
  })
  if (operatingPoint !== undefined && !classifier) {
    throw new ConfigurationError('--operating-point belongs to a classifier, and none is added.')
  }
  const pinned = (bundle: ModelBundle) => ({ bundle: bundle.id, sha256: bundle.sha256 })
  const point =
    classifier?.task === 'classification'
      ? operatingPointOf(classifier, operatingPoint ?? classifier.defaultOperatingPoint).id
      : null
  return {
    schemaVersion: 1,
    id: before?.id ?? 'default',
    classifier: classifier && point !== null ? { ...pinned(classifier), operatingPoint: point } : before!.classifier,
    segmenter: segmenter ? pinned(segmenter) : before!.segmenter,
  }
}
