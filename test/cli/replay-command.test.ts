import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { listInputs } from '../../lib/embedded/list-inputs.ts'
import type { ReplayedImage } from '../../lib/evaluation/replay/compare-runs.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { readLines, readResults, runPleura, startPleura } from './run-pleura.ts'

const others = resolve(import.meta.dirname, '../fixtures/models')
const count = 6
let folder: string
let sources: string
let labels: string
let old: string
/** The old results replayed once, and their digest before that. */
let replayed: { out: string; ended: { code: number | null; stdout: string }; digest: string }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-replay-'))
  await writePhantomSet({ count, outDir: join(folder, 'made'), seed: 7, rows: 256 })
  sources = join(folder, 'made/dicom-images-train')
  labels = join(folder, 'made/train-rle.csv')
  // All of one name, in folders of their own, as archives have them; and one that is refused.
  const phantoms = await listInputs([sources], join(folder, 'none'))
  await writeFile(join(sources, 'broken.dcm'), (await readFile(phantoms[0].path)).subarray(0, 3000))
  old = join(folder, 'old')
  await runPleura('screen', sources, '--out', old)
  const digest = await digestOf(old)
  const out = join(folder, 'replayed')
  const args = ['--results', old, '--out', out, '--models', others]
  const ended = await runPleura('replay', ...args, '--labels', labels, '--rle', labels, '--bootstrap', '100', '--json')
  replayed = { out, ended, digest }
}, 180_000)

/** Names and contents of all files. */
async function digestOf(dir: string): Promise<string> {
  const hash = createHash('sha256')
  const files = (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  for (const file of files.sort()) hash.update(file).update(await readFile(file))
  return hash.digest('hex')
}

describe('pleura replay', () => {
  it('screens a cohort again with other bundles, and says what changed', async () => {
    const { out, ended } = replayed
    expect(ended.code).toBe(2)
    const summary = JSON.parse(ended.stdout)
    expect(summary).toEqual(JSON.parse(await readFile(join(out, 'summary.json'), 'utf8')))
    const images = await readLines<ReplayedImage>(join(out, 'images.jsonl'))
    expect(images).toHaveLength(count + 1)
    const total = summary.transitions.reduce((sum: number, { images }: { images: number }) => sum + images, 0)
    expect(total).toBe(count + 1)
    const [before, after] = [await readResults(old), await readResults(join(out, 'results'))]
    for (const { imageId, before: was, after: is } of images) {
      expect(was.probability).toBe(before.find((line) => line.imageId === imageId)!.probability)
      expect(is.probability).toBe(after.find((line) => line.imageId === imageId)!.probability)
    }
    expect(images.some(({ before, after }) => before.probability !== after.probability)).toBe(true)
    expect(summary.transitions).toContainEqual({ from: 'not-analysed', to: 'not-analysed', images: 1 })
    expect(summary.modelsAfter).not.toEqual(summary.modelsBefore)
    expect(summary.accuracy).toMatchObject({ images: count, sensitivity: { p: expect.any(Number) } })
    const page = await readFile(join(out, 'report.html'), 'utf8')
    expect(page).toContain('A cohort screened again')
    expect(page).toContain('McNemar')
  })

  it('changes nothing of the earlier results', async () => {
    expect(await digestOf(old)).toBe(replayed.digest)
  })

  it('does nothing again that is done', async () => {
    const results = join(replayed.out, 'results')
    const ids = (await readResults(results)).map(({ imageId }) => imageId!)
    const before = await Promise.all(ids.map((id) => readFile(join(results, id, 'result.json'), 'utf8')))
    const { stdout, code } = await runPleura('replay', '--results', old, '--out', replayed.out, '--models', others)
    expect(code).toBe(2)
    expect(stdout).toContain('Outcomes: before in rows, after in columns')
    expect(await Promise.all(ids.map((id) => readFile(join(results, id, 'result.json'), 'utf8')))).toEqual(before)
  })

  it('goes on after a kill', async () => {
    const out = join(folder, 'killed')
    const args = ['replay', '--results', old, '--out', out, '--models', others, '--concurrency', '1']
    const { process: child, ended } = startPleura(...args)
    setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 2000)
    await ended
    await runPleura(...args)
    const said = async (dir: string) =>
      (await readLines<ReplayedImage>(join(dir, 'images.jsonl'))).map(({ imageId, before, after, dice }) => ({
        imageId,
        outcomes: [before.outcome, after.outcome, after.probability],
        dice,
      }))
    expect(await said(out)).toEqual(await said(replayed.out))
    expect(await digestOf(old)).toBe(replayed.digest)
  })

  it.each([
    ['the bundles of before', () => ['--out', join(folder, 'same')], /holds the bundles and the threshold/],
    ['the folder of before', () => ['--out', old, '--models', others], /lie in one another/],
    ['a folder within it', () => ['--out', join(old, 'again'), '--models', others], /lie in one another/],
    ['a folder that it lies in', () => ['--out', folder, '--models', others], /lie in one another/],
    ['files of another cohort', () => [others, '--out', join(folder, 'x'), '--models', others], /has a file here/],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await runPleura('replay', '--results', old, ...args())
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
  })

  it('refuses a cohort of which sources are missing or changed, and lists them; finds them elsewhere by content', async () => {
    const moved = join(folder, 'moved')
    const here = join(folder, 'here')
    await mkdir(here)
    const phantoms = (await listInputs([sources], join(folder, 'none'))).filter(({ path }) => !path.includes('broken'))
    const names = phantoms.slice(0, 3).map((_, number) => join(here, `${number}.dcm`))
    for (const [number, name] of names.entries()) await copyFile(phantoms[number].path, name)
    const results = join(folder, 'here-results')
    await runPleura('screen', here, '--out', results)
    await mkdir(moved)
    await copyFile(names[0], join(moved, 'another-name.dcm'))
    await rm(names[0])
    await writeFile(names[1], 'another file')
    const out = join(folder, 'here-replayed')
    const { code, stdout } = await runPleura('replay', '--results', results, '--out', out, '--models', others)
    expect(code).toBe(2)
    expect(stdout).toMatch(/missing: .*0\.dcm is not there/)
    expect(stdout).toMatch(/missing: .*1\.dcm is another file now/)
    expect(stdout).toMatch(/2 of 3 sources are missing: nothing was screened/)
    await expect(readdir(out)).rejects.toThrow(/ENOENT/)
    const json = await runPleura('replay', '--results', results, '--out', out, '--models', others, '--json')
    expect(JSON.parse(json.stdout).missing).toHaveLength(2)

    const list = join(folder, 'list.txt')
    await writeFile(list, `${names[2]}\n${phantoms[5].path}\n`)
    const again = ['--out', out, '--models', others, '--files-from', list, '--json']
    const found = await runPleura('replay', moved, '--results', results, ...again)
    expect(found.code).toBe(0)
    expect(JSON.parse(found.stdout)).toMatchObject({ images: 2, leftOut: 1, withoutResult: 1 })
  })
})
