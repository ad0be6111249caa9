import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { listInputs } from '../../lib/embedded/list-inputs.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { decodeRunLength } from '../../lib/screening/finding/run-length.ts'
import type { ImageSize } from '../../lib/screening/kernel/geometry.ts'
import { resultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { type Ended, readLines, readResults, runPleura } from './run-pleura.ts'

let folder: string
let inputs: string
let phantoms: string[]
/** The six phantoms screened once. */
let plain: { out: string; ended: Ended }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-cli-'))
  await writePhantomSet({ count: 6, outDir: join(folder, 'made'), seed: 7, rows: 256 })
  inputs = join(folder, 'made/dicom-images-train')
  phantoms = (await listInputs([inputs], join(folder, 'none'))).map(({ path }) => path)
  const out = join(folder, 'plain')
  plain = { out, ended: await runPleura('screen', inputs, '--out', out, '--concurrency', '2') }
})

/** A folder in which the six phantoms have been screened, to be changed. */
async function copyOfPlain(name: string): Promise<string> {
  const out = join(folder, name)
  await cp(plain.out, out, { recursive: true })
  return out
}

async function readResult(outDir: string, imageId: string | null) {
  return resultDocument.parse(JSON.parse(await readFile(join(outDir, imageId!, 'result.json'), 'utf8')))
}

describe('pleura screen', () => {
  it('writes a line per input in input order and a folder per image, and exits with 0', async () => {
    const {
      out,
      ended: { code, stdout },
    } = plain
    expect(code).toBe(0)
    expect(stdout).toMatch(/6 images: .* 0 not analysed\n6 screened now in/)
    const lines = await readResults(out)
    expect(lines.map((line) => line.input)).toEqual(phantoms)
    for (const line of lines) {
      const result = await readResult(out, line.imageId)
      expect(result).toMatchObject({ outcome: line.outcome, discordant: line.discordant, reason: null })
      expect(line.probability).toBe(result.classification?.probability)
      expect(line.models.map((model) => model.sha256)).toEqual(result.models.map((model) => model.sha256))
      const files = await readdir(join(out, line.imageId!))
      const suspected = line.outcome === 'suspected'
      expect(files.sort()).toEqual(suspected ? ['mask.png', 'overlay.png', 'result.json'] : ['result.json'])
    }
    // The most sensitive operating point suspects some of six phantoms; without one the next tests show nothing.
    expect(lines.some((line) => line.outcome === 'suspected')).toBe(true)
  })

  it("writes masks of 0 and 255 in the source's geometry, equal to the run-length code", async () => {
    const { out } = plain
    for (const line of (await readResults(out)).filter(({ outcome }) => outcome === 'suspected')) {
      const { source, segmentation } = await readResult(out, line.imageId)
      const mask = sharp(join(out, line.imageId!, 'mask.png'))
      expect(await mask.metadata()).toMatchObject({
        width: source!.columns,
        height: source!.rows,
        channels: 1,
        depth: 'uchar',
      })
      const pixels = await mask.extractChannel(0).raw().toBuffer()
      expect(pixels.filter((value) => value === 255).length).toBe(line.maskAreaPixels)
      expect(pixels.every((value) => value === 0 || value === 255)).toBe(true)
      const decoded = decodeRunLength(segmentation!.runLength, source as ImageSize)
      expect(Buffer.compare(Buffer.from(decoded.map((value) => value * 255)), pixels)).toBe(0)
    }
  })

  it('does not do finished images again, unless forced', async () => {
    const out = await copyOfPlain('again')
    const before = await readResults(out)
    const resumed = await runPleura('screen', inputs, '--out', out)
    expect(resumed.stdout).toMatch(/6 finished before/)
    expect(await readResults(out)).toEqual(before)
    const forced = await runPleura('screen', phantoms[0], '--out', out, '--force')
    expect(forced.stdout).not.toMatch(/finished before/)
    const [line] = await readResults(out)
    expect({ ...line, timingsMs: {} }).toEqual({ ...before[0], timingsMs: {} })
  })

  it('does an image again whose result is missing or torn', async () => {
    const out = await copyOfPlain('torn')
    const [first, second] = await readResults(out)
    await rm(join(out, first.imageId!, 'result.json'))
    await writeFile(join(out, second.imageId!, 'result.json'), '{"schemaVersion":1,')
    const { stdout } = await runPleura('screen', ...phantoms.slice(0, 2), '--out', out)
    expect(stdout).not.toMatch(/finished before/)
    expect((await readResult(out, first.imageId)).outcome).toBe(first.outcome)
    expect((await readResult(out, second.imageId)).outcome).toBe(second.outcome)
  })

  it('keeps the result of other models or thresholds as superseded', async () => {
    const out = await copyOfPlain('superseded')
    const [{ imageId }] = await readResults(out)
    const old = await readResult(out, imageId)
    await runPleura('screen', phantoms[0], '--out', out, '--minimum-age', '3')
    expect((await readResult(out, imageId)).screeningKey).not.toBe(old.screeningKey)
    const kept = await readFile(join(out, imageId!, 'superseded', old.screeningKey, 'result.json'), 'utf8')
    expect(JSON.parse(kept)).toEqual(old)
  })

  it('says of every input that is not analysed why, analyses the others, and exits with 2', async () => {
    const mixed = join(folder, 'mixed')
    await mkdir(mixed)
    await copyFile(phantoms[0], join(mixed, 'a.dcm'))
    await writeFile(join(mixed, 'b.txt'), 'no image')
    await writeFile(join(mixed, 'c.dcm'), (await readFile(phantoms[0])).subarray(0, 3000))
    await copyFile(phantoms[0], join(mixed, 'd-the-same.dcm'))
    await writeFile(join(mixed, 'e.dcm'), '')
    await writeFile(join(mixed, '.hidden'), 'no image')
    const out = join(folder, 'mixed-out')
    const { code, stdout } = await runPleura('screen', mixed, '--out', out, '--json')
    expect(code).toBe(2)
    const lines = await readResults(out)
    const said = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(said.map(({ study, ...line }) => line)).toEqual(lines)
    // a.dcm and c.dcm are of one study: where the one is not suspected, that says nothing of the other.
    const outcome = lines[1].outcome === 'suspected' ? 'suspected' : 'incomplete'
    expect(said[1].study).toMatchObject({ outcome, counts: { images: 2, notAnalysed: 1 } })
    expect(said[5].study).toBe(null)
    expect(
      lines.map((line) => [
        line.input.slice(mixed.length + 1),
        line.outcome === 'not-analysed' ? line.reason : 'analysed',
      ]),
    ).toEqual([
      ['.hidden', 'not-an-image'],
      ['a.dcm', 'analysed'],
      ['b.txt', 'not-a-picture'],
      ['c.dcm', 'truncated'],
      ['d-the-same.dcm', 'analysed'],
      ['e.dcm', 'not-an-image'],
    ])
    expect(lines[4].imageId).toBe(lines[1].imageId)
    const rejected = await readResult(out, lines[5].imageId)
    expect(rejected).toMatchObject({ outcome: 'not-analysed', classification: null, segmentation: null, source: null })
    expect(rejected.reason?.remedy).toMatch(/Send the radiograph/)
  })

  it('takes PNG and JPEG, and warns that their spacing is unknown', async () => {
    const prepared = join(folder, 'as-png')
    await runPleura('prepare', phantoms[0], '--out', prepared)
    const [{ png }] = await readLines<{ png: string }>(join(prepared, 'prepared.jsonl'))
    const jpeg = join(prepared, 'picture.jpg')
    await sharp(join(prepared, png)).jpeg({ quality: 95 }).toFile(jpeg)
    const out = join(folder, 'as-png-out')
    const { code } = await runPleura('screen', join(prepared, png), jpeg, '--out', out)
    expect(code).toBe(0)
    for (const line of await readResults(out)) {
      expect(line.areaMm2).toBeNull()
      expect(line.warnings).toContain('spacing-unknown')
    }
  })

  it("writes the classifier's class-activation map when asked", async () => {
    const out = join(folder, 'cam')
    await runPleura('screen', phantoms[0], '--out', out, '--cam')
    const [{ imageId }] = await readResults(out)
    expect((await sharp(join(out, imageId!, 'class-activation-map.png')).metadata()).channels).toBe(1)
  })

  it.each([
    [
      'a path that does not exist',
      ['screen', '/no/such/file', '--out', 'x'],
      /\/no\/such\/file cannot be opened \(ENOENT\)/,
    ],
    ['no output folder', ['screen', '.'], /required option '--out <dir>'/],
    [
      'a folder without models',
      ['screen', '.', '--out', 'x', '--models', tmpdir()],
      /Point --models at a folder of model bundles/,
    ],
    ['a concurrency of 0', ['screen', '.', '--out', 'x', '--concurrency', '0'], /at least 1/],
    [
      'a provider it does not know',
      ['screen', '.', '--out', 'x', '--execution-provider', 'tpu'],
      /Allowed choices are cpu, cuda/,
    ],
    ['an unknown command', ['scren'], /Did you mean screen/],
  ])('exits with 1 and says what to do when given %s', async (_, args, message) => {
    const { code, stderr } = await runPleura(...args)
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
  })

  it('exits with 1 when CUDA is asked for and absent: no silent run on the CPU', async () => {
    const out = join(folder, 'cuda')
    const { code, stderr } = await runPleura('screen', phantoms[0], '--out', out, '--execution-provider', 'cuda')
    expect(code).toBe(1)
    expect(stderr).toMatch(/CUDA was asked for/)
    expect(await readdir(out)).not.toContain('results.jsonl')
  })

  it('logs JSON lines that name no file and no patient', async () => {
    const out = join(folder, 'logged')
    const { stderr } = await runPleura('screen', phantoms[0], '--out', out, '--log', 'json')
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events).toMatchObject([{ level: 'info', event: 'screened', outcome: expect.any(String) }])
    expect(stderr).not.toContain('.dcm')
    expect(stderr).not.toMatch(/PHANTOM/i)
  })

  const commands = [
    ...['', 'screen', 'prepare', 'watch', 'serve', 'listen', 'models', 'models add', 'phantom', 'demo'],
    ...['explore', 'prepare-dataset', 'evaluate', 'monitor'],
    ...['deploy-check', 'smoke', 'usage', 'dead-letters', 'cost'],
  ]
  it.each(commands)('explains itself within 100 columns: pleura %s --help', async (command) => {
    const { code, stdout } = await runPleura(...command.split(' ').filter(Boolean), '--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(/Usage: pleura/)
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([])
  })
})

describe('pleura prepare', () => {
  it.each([
    [[], 1024],
    [['--full-resolution'], Number.POSITIVE_INFINITY],
  ])('writes a grey PNG per image and a line that says how it was made %j', async (flags, longSide) => {
    const out = join(folder, `prepared${flags.length}`)
    const { code } = await runPleura('prepare', inputs, '--out', out, ...flags)
    expect(code).toBe(0)
    const lines = await readLines<Record<string, never>>(join(out, 'prepared.jsonl'))
    expect(lines.map((line) => line.input)).toEqual(phantoms)
    for (const line of lines) {
      expect(line).toMatchObject({
        outcome: 'prepared',
        reason: null,
        png: `${line.imageId}.png`,
        transferSyntaxUid: expect.stringMatching(/^1\.2\.840\.10008\.1\.2/),
        photometricInterpretation: expect.stringMatching(/^MONOCHROME[12]$/),
        bitsStored: expect.any(Number),
        window: { origin: expect.any(String) },
        warnings: expect.any(Array),
      })
      const png = await sharp(join(out, line.png)).metadata()
      expect(png).toMatchObject({ channels: 1, depth: 'uchar', format: 'png' })
      expect(Math.max(png.width, png.height)).toBeLessThanOrEqual(longSide)
      if (flags.length > 0) expect([png.height, png.width]).toEqual([line.rows, line.columns])
    }
  })

  it('exits with 2 and gives the reason of what it rejects', async () => {
    const out = join(folder, 'prepare-rejected')
    const bad = join(folder, 'bad.dcm')
    await writeFile(bad, 'DICM')
    const { code } = await runPleura('prepare', bad, '--out', out)
    expect(code).toBe(2)
    expect(await readLines(join(out, 'prepared.jsonl'))).toMatchObject([
      { input: bad, outcome: 'rejected', reason: 'not-an-image', png: null },
    ])
  })
})

describe('pleura models', () => {
  it('lists the shipped bundles and finds digests and golden files in order', async () => {
    const { code, stdout } = await runPleura('models', '--json')
    const { bundles } = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(bundles.length).toBeGreaterThanOrEqual(2)
    for (const bundle of bundles) {
      expect(bundle.golden.length).toBeGreaterThanOrEqual(2)
      expect(bundle.golden.filter((check: { passed: boolean }) => !check.passed)).toEqual([])
    }
  })
})
