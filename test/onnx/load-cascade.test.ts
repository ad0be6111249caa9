import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { createOnnxSession } from '../../lib/adapters/onnx/create-onnx-session.ts'
import { loadCascade } from '../../lib/adapters/onnx/load-cascade.ts'
import { readProfile } from '../../lib/adapters/onnx/read-bundle.ts'
import type { ScreeningProfile } from '../../lib/screening/classification/screening-profile.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'

const shipped = resolve(import.meta.dirname, '../../models')
const cpu = { executionProvider: 'cpu' as const, threads: 1 }

// biome-ignore lint/suspicious/noExplicitAny: damaged on purpose, whatever its form
type Json = Record<string, any>

/** A copy of the shipped bundles, free to be damaged. */
let models: string
let profile: ScreeningProfile
beforeEach(async () => {
  models = await mkdtemp(join(tmpdir(), 'pleura-models-'))
  profile = await readProfile(shipped)
  await cp(join(shipped, 'profile.json'), join(models, 'profile.json'))
  for (const bundle of [profile.classifier.bundle, profile.segmenter.bundle]) {
    await cp(join(shipped, bundle), join(models, bundle), { recursive: true })
  }
})

async function changeJson(file: string, change: (json: Json) => void): Promise<void> {
  const json = JSON.parse(await readFile(file, 'utf8'))
  change(json)
  await writeFile(file, JSON.stringify(json))
}

async function refusal(): Promise<Error> {
  try {
    await loadCascade(models, cpu)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return error as Error
  }
  throw new Error('the cascade was loaded')
}

describe('loading the cascade', () => {
  it('loads the shipped profile', async () => {
    const cascade = await loadCascade(models, cpu)
    expect(cascade.classifier.bundle.id).toBe(profile.classifier.bundle)
    expect(cascade.operatingPoint.id).toBe(profile.classifier.operatingPoint)
    await cascade.classifier.session.close()
    await cascade.segmenter.session.close()
  })

  it('refuses a network that is not the one its bundle declares', async () => {
    const file = join(models, profile.classifier.bundle, 'model.onnx')
    const network = await readFile(file)
    network[network.length >> 1] ^= 1
    await writeFile(file, network)
    expect((await refusal()).message).toMatch(/has SHA-256 .* but model.json declares/)
  })

  it('refuses a threshold that was chosen on another model', async () => {
    await changeJson(join(models, profile.classifier.bundle, 'model.json'), (json) => {
      json.operatingPoints[0].modelSha256 = 'b'.repeat(64)
    })
    expect((await refusal()).message).toMatch(/was chosen on model bbbbbbbbbbbb/)
  })

  it('refuses a bundle that the profile does not pin', async () => {
    await changeJson(join(models, 'profile.json'), (json) => {
      json.segmenter.sha256 = 'c'.repeat(64)
    })
    expect((await refusal()).message).toMatch(/pins its segmenter to cccccccccccc/)
  })

  it('refuses a profile whose roles are exchanged', async () => {
    await changeJson(join(models, 'profile.json'), (json) => {
      json.classifier = { ...json.segmenter, operatingPoint: 'youden' }
    })
    expect((await refusal()).message).toMatch(/needs a classification and a segmentation bundle/)
  })

  it('refuses an operating point that the bundle does not have', async () => {
    await changeJson(join(models, 'profile.json'), (json) => {
      json.classifier.operatingPoint = 'none'
    })
    expect((await refusal()).message).toMatch(/has no operating point 'none'/)
  })

  it.each(['profile.json', 'model.json', 'model.onnx'])('says which file is missing when %s is gone', async (name) => {
    await rm(join(models, name === 'profile.json' ? '' : profile.classifier.bundle, name))
    expect((await refusal()).message).toMatch(new RegExp(`${name.replace('.', '\\.')} cannot be read \\(ENOENT\\)`))
  })

  it('says so when a bundle is not JSON', async () => {
    await writeFile(join(models, profile.classifier.bundle, 'model.json'), '{')
    expect((await refusal()).message).toMatch(/is not JSON/)
  })
})

describe('an ONNX session', () => {
  const load = (options: Parameters<typeof createOnnxSession>[2], inputName = 'image') =>
    readFile(join(models, profile.classifier.bundle, 'model.onnx')).then((network) =>
      createOnnxSession(network, inputName, options),
    )

  it('refuses to run on the CPU when CUDA was asked for and is absent', async () => {
    await expect(load({ executionProvider: 'cuda', threads: 1 })).rejects.toThrow(/No cuda session/)
  })

  it('refuses an input that the network does not have', async () => {
    await expect(load(cpu, 'picture')).rejects.toThrow(/no input 'picture'; it has image/)
  })

  it('refuses bytes that are no network', async () => {
    await expect(createOnnxSession(new Uint8Array(100), 'image', cpu)).rejects.toBeInstanceOf(ConfigurationError)
  })
})
