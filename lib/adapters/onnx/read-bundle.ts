import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ClassifierBundle,
  type ModelBundle,
  type OperatingPoint,
  operatingPointOf,
  parseModelBundle,
  type SegmenterBundle,
} from '../../screening/classification/model-bundle.ts'
import { parseScreeningProfile, type ScreeningProfile } from '../../screening/classification/screening-profile.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { sha256Hex } from '../../screening/kernel/identifiers.ts'

export interface LoadedBundle<B extends ModelBundle = ModelBundle> {
  readonly bundle: B
  /** The bytes of the .onnx file. */
  readonly network: Uint8Array
}

/** The bundles of a cascade and its operating point, without the networks' bytes. */
export interface CascadeModels {
  readonly classifier: ClassifierBundle
  readonly segmenter: SegmenterBundle
  /** The profile's. */
  readonly operatingPoint: OperatingPoint
}

/**
 * Reads a bundle and checks the network against its digest.
 * @throws {ConfigurationError} when a file is missing or damaged
 */
export async function readBundle(folder: string): Promise<LoadedBundle> {
  const bundle = await readModelJson(folder)
  const file = join(folder, bundle.file)
  const network = await readFile(file).catch((cause) => {
    throw new ConfigurationError(`${file} cannot be read (${cause.code}). Restore the bundle's network.`, { cause })
  })
  const found = sha256Hex(network)
  if (found !== bundle.sha256) {
    throw new ConfigurationError(
      `${file} has SHA-256 ${found}, but model.json declares ${bundle.sha256}. The network was changed or damaged: restore the file, or export the bundle again.`,
    )
  }
  return { bundle, network }
}

/** @throws {ConfigurationError} */
export async function readProfile(modelsFolder: string): Promise<ScreeningProfile> {
  const where = join(modelsFolder, 'profile.json')
  return parseScreeningProfile(await readJson(where), where)
}

/** The same with the networks' bytes, each checked against its digest. */
export interface LoadedCascade extends CascadeModels {
  readonly networks: { readonly classifier: Uint8Array; readonly segmenter: Uint8Array }
}

/**
 * Reads what the folder's profile names, with the networks.
 * @throws {ConfigurationError} when files, digests, tasks and thresholds do not belong together
 */
export async function readCascade(modelsFolder: string): Promise<LoadedCascade> {
  const profile = await readProfile(modelsFolder)
  const classifier = await readBundle(join(modelsFolder, profile.classifier.bundle))
  const segmenter = await readBundle(join(modelsFolder, profile.segmenter.bundle))
  return {
    ...pairBundles(profile, classifier.bundle, segmenter.bundle),
    networks: { classifier: classifier.network, segmenter: segmenter.network },
  }
}

/**
 * Reads what the folder's profile names; the networks need not be there.
 * @throws {ConfigurationError} when digests, tasks and thresholds do not belong together
 */
export async function readCascadeModels(modelsFolder: string): Promise<CascadeModels> {
  const profile = await readProfile(modelsFolder)
  const [classifier, segmenter] = await Promise.all(
    [profile.classifier, profile.segmenter].map(({ bundle }) => readModelJson(join(modelsFolder, bundle))),
  )
  return pairBundles(profile, classifier, segmenter)
}

/** @throws {ConfigurationError} when they do not belong together: nothing is screened with a doubtful pair */
export function pairBundles(profile: ScreeningProfile, classifier: ModelBundle, segmenter: ModelBundle): CascadeModels {
  for (const [role, bundle] of [
    ['classifier', classifier],
    ['segmenter', segmenter],
  ] as const) {
    if (bundle.sha256 !== profile[role].sha256) {
      throw new ConfigurationError(
        `The profile '${profile.id}' pins its ${role} to ${profile[role].sha256.slice(0, 12)}…, but bundle ${bundle.id} holds ${bundle.sha256.slice(0, 12)}…. Register the bundle again or restore the pinned one.`,
      )
    }
  }
  if (classifier.task !== 'classification' || segmenter.task !== 'segmentation') {
    throw new ConfigurationError(
      `The profile '${profile.id}' needs a classification and a segmentation bundle, it names ${classifier.task} and ${segmenter.task}.`,
    )
  }
  return { classifier, segmenter, operatingPoint: operatingPointOf(classifier, profile.classifier.operatingPoint) }
}

async function readModelJson(folder: string): Promise<ModelBundle> {
  const where = join(folder, 'model.json')
  return parseModelBundle(await readJson(where), where)
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new ConfigurationError(
      `${file} cannot be read (${cause.code}). Point --models at a folder of model bundles.`,
      {
        cause,
      },
    )
  })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ConfigurationError(`${file} is not JSON (${(cause as Error).message}). Restore it.`, { cause })
  }
}
