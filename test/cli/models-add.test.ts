import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { addModelsCommand } from '../../lib/cli/models-command.ts'
import { runCommand } from './run-command.ts'
import { startPleura } from './run-pleura.ts'

const fixtures = resolve(import.meta.dirname, '../fixtures/architectures')
const classifier = join(fixtures, 'chexnet-densenet121')
const segmenter = join(fixtures, 'unet')

let models: string
beforeEach(async () => {
  models = await mkdtemp(join(tmpdir(), 'pleura-models-'))
})

const add = (...words: string[]) => startPleura('models', 'add', ...words, '--models', models).ended
const profile = async () => JSON.parse(await readFile(join(models, 'profile.json'), 'utf8'))

/** A copy of a bundle with one of its files changed. */
async function altered(bundle: string, file: string, change: (text: string) => string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pleura-bundle-'))
  await cp(bundle, folder, { recursive: true })
  const bytes = await readFile(join(folder, file), 'latin1')
  await writeFile(join(folder, file), change(bytes), 'latin1')
  return folder
}

it('registers bundles whole, once, and uses them only when asked', async () => {
  expect(await add(classifier, segmenter, '--json')).toMatchObject({ code: 0 })
  expect((await readdir(models)).sort()).toEqual(['chexnet-densenet121', 'unet'])
  const again = await add(segmenter, '--json')
  expect(JSON.parse(again.stdout)).toMatchObject({ added: [{ id: 'unet', isNew: false }], profile: null })

  expect(await add(classifier, segmenter, '--use', '--operating-point', 'sensitivity-0.95')).toMatchObject({ code: 0 })
  expect(await profile()).toMatchObject({
    classifier: { bundle: 'chexnet-densenet121', operatingPoint: 'sensitivity-0.95' },
    segmenter: { bundle: 'unet' },
  })
  expect((await startPleura('models', 'verify', '--models', models).ended).code).toBe(0)
})

it('puts one bundle into the profile that is there; the other stays', async () => {
  await add(classifier, segmenter, '--use')
  expect(await add(join(fixtures, 'unet-xception'), '--use')).toMatchObject({ code: 0 })
  expect(await profile()).toMatchObject({
    classifier: { bundle: 'chexnet-densenet121' },
    segmenter: { bundle: 'unet-xception' },
  })
})

it('screens with what was put to use', async () => {
  await add(classifier, segmenter, '--use')
  await startPleura('phantom', '--count', '2', '--out', join(models, 'phantoms')).ended
  const words = ['screen', join(models, 'phantoms/dicom-images-train'), '--models', models, '--json']
  const { code, stdout, stderr } = await startPleura(...words, '--out', join(models, 'results')).ended
  expect(code, stderr).toBe(0)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const { sha256 } = JSON.parse(await readFile(join(classifier, 'model.json'), 'utf8'))
  expect(lines).toHaveLength(2)
  for (const line of lines) expect(line.models[0]).toEqual({ id: 'chexnet-densenet121', sha256 })
})

it.each([
  ['a network that was damaged', 'model.onnx', (bytes: string) => `${bytes.slice(0, -1)}\0`, /SHA-256/],
  [
    'a golden file that it does not answer',
    'model.json',
    (text: string) => text.replace('golden/picture-02.mask.png', 'golden/picture-01.mask.png'),
    /golden files \(golden\/picture-02\.png: Dice 0/,
  ],
  ['no golden files', 'model.json', (text: string) => JSON.stringify({ ...JSON.parse(text), golden: [] }), /no golden/],
  ['a field that nobody knows', 'model.json', (text: string) => text.replace('"id"', '"name": 1, "id"'), /name/],
])('refuses %s and leaves nothing', async (_, file, change, message) => {
  const { code, stderr } = await add(await altered(segmenter, file, change))
  expect(code).toBe(1)
  expect(stderr).toMatch(message)
  expect(await readdir(models)).toEqual([])
})

it('verifies no bundle that has nothing to be verified by', async () => {
  await add(classifier, segmenter, '--use')
  const file = join(models, 'unet/model.json')
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), golden: [] }))
  const run = (action: string) => runCommand(addModelsCommand, 'models', action, '--models', models)
  expect(await run('verify')).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/FAILS {2}unet: it has no golden files\. Export it again\.\n$/),
  })
  expect(await run('list')).toMatchObject({ exitCode: 0 })
})

it('never replaces a bundle that results may name', async () => {
  await add(segmenter)
  const other = await altered(segmenter, 'model.json', (text) =>
    text.replace(/"version": "[^"]*"/, '"version": "9.0.0"'),
  )
  const before = await readFile(join(models, 'unet/model.json'), 'utf8')
  const { code, stderr } = await add(other)
  expect(code).toBe(1)
  expect(stderr).toMatch(/another id/)
  expect(await readFile(join(models, 'unet/model.json'), 'utf8')).toBe(before)
  expect(await readdir(models)).toEqual(['unet'])
})

it.each([
  ['one role of a profile that is not there', [segmenter, '--use'], /Add a classifier and a segmenter together/],
  ['two bundles for one role', [segmenter, join(fixtures, 'unet-xception'), '--use'], /one bundle for segmentation/],
  ['an operating point without use', [classifier, '--operating-point', 'youden'], /--use/],
  [
    'an operating point that the bundle lacks',
    [classifier, segmenter, '--use', '--operating-point', 'x'],
    /sensitivity-0\.95/,
  ],
  ['an operating point of a segmenter', [segmenter, classifier, segmenter, '--operating-point', 'x'], /--use/],
  ['a folder without a bundle', [tmpdir()], /model\.json/],
])('refuses %s, changing nothing', async (_, words, message) => {
  const { code, stderr } = await add(...words)
  expect(code).toBe(1)
  expect(stderr).toMatch(message)
  expect(await readdir(models)).toEqual([])
})
