import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ModelBundle, operatingPointOf, parseModelBundle } from '../../screening/classification/model-bundle.ts'
import { parseScreeningProfile, type ScreeningProfile } from '../../screening/classification/screening-profile.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { sha256Hex } from '../../screening/kernel/identifiers.ts'
import type { Cascade } from '../../screening/screen.ts'
import { createOnnxSession, type OnnxSessionOptions } from './create-onnx-session.ts'

export interface LoadedBundle<B extends ModelBundle = ModelBundle> {
  readonly bundle: B
  readonly network: Uint8Array
}

/**
 * Reads a bundle and checks the network against its digest.
 * @throws {ConfigurationError} when a file is missing or damaged
 */
export async function readBundle(folder: string): Promise<LoadedBundle> {
  const where = join(folder, 'model.json')
  const bundle = parseModelBundle(await readJson(where), where)
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

/**
 * Loads the two networks that the folder's profile names. Digest, thresholds and networks must belong together.
 * @throws {ConfigurationError} when they do not: nothing is screened with a doubtful pair
 */
export async function loadCascade(modelsFolder: string, options: OnnxSessionOptions): Promise<Cascade> {
  const profile = await readProfile(modelsFolder)
  const classifier = await readBundle(join(modelsFolder, profile.classifier.bundle))
  const segmenter = await readBundle(join(modelsFolder, profile.segmenter.bundle))
  for (const [role, loaded] of [
    ['classifier', classifier],
    ['segmenter', segmenter],
  ] as const) {
    if (loaded.bundle.sha256 !== profile[role].sha256) {
      throw new ConfigurationError(
        `The profile '${profile.id}' pins its ${role} to ${profile[role].sha256.slice(0, 12)}…, but bundle ${loaded.bundle.id} holds ${loaded.bundle.sha256.slice(0, 12)}…. Register the bundle again or restore the pinned one.`,
      )
    }
  }
  if (classifier.bundle.task !== 'classification' || segmenter.bundle.task !== 'segmentation') {
    throw new ConfigurationError(
      `The profile '${profile.id}' needs a classification and a segmentation bundle, it names ${classifier.bundle.task} and ${segmenter.bundle.task}.`,
    )
  }
  return {
    operatingPoint: operatingPointOf(classifier.bundle, profile.classifier.operatingPoint),
    classifier: {
      bundle: classifier.bundle,
      session: await createOnnxSession(classifier.network, classifier.bundle.input.name, options),
    },
    segmenter: {
      bundle: segmenter.bundle,
      session: await createOnnxSession(segmenter.network, segmenter.bundle.input.name, options),
    },
  }
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
