import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../../lib/adapters/codecs/create-codecs.ts'
import { prepareDataset } from '../../../lib/evaluation/dataset/prepare-dataset.ts'
import { readAnnotations } from '../../../lib/evaluation/dataset/read-annotations.ts'
import { readLabels } from '../../../lib/evaluation/dataset/read-labels.ts'
import { readTable } from '../../../lib/evaluation/dataset/read-table.ts'
import { type Exploration, summariseFacts } from '../../../lib/evaluation/exploration/exploration.ts'
import { buildExplorationReport } from '../../../lib/evaluation/exploration/exploration-report.ts'
import { currentFacts, exploreFolder } from '../../../lib/evaluation/exploration/explore-folder.ts'
import { type FileFacts, parseFileFacts } from '../../../lib/evaluation/exploration/file-facts.ts'
import { LabelCounts } from '../../../lib/evaluation/exploration/label-counts.ts'
import { greyStatistics } from '../../../lib/evaluation/exploration/pixel-statistics.ts'
import { type ListedFile, readFileFacts } from '../../../lib/evaluation/exploration/read-file-facts.ts'
import { SampleDrawer } from '../../../lib/evaluation/exploration/sample-drawer.ts'
import { writePhantomSet } from '../../../lib/phantom/write-phantom-set.ts'
import { decodeRunLength } from '../../../lib/screening/finding/run-length.ts'
import { defaultSuitabilityPolicy } from '../../../lib/screening/radiograph/suitability.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const codecs = createCodecs()
afterAll(() => codecs.close())

const listing = { concurrency: 2, readFile: (root: string, file: ListedFile) => readFileFacts(root, file, codecs) }

async function greyPicture(path: string, seed: number): Promise<void> {
  const pixels = Uint8Array.from({ length: 160 * 140 }, (_, at) => (at * 7 + seed * 31 + (at % (97 + seed))) % 256)
  await sharp(pixels, { raw: { width: 140, height: 160, channels: 1 } })
    .png()
    .toFile(path)
}

async function collect(stream: AsyncIterable<FileFacts>): Promise<FileFacts[]> {
  const all: FileFacts[] = []
  for await (const facts of stream) all.push(facts)
  return all
}

describe('a folder of pictures', () => {
  it('is read once; only what changed is read again', async () => {
    const root = temporaryFolder()
    const out = join(temporaryFolder(), 'report')
    mkdirSync(join(root, 'deep', 'er'), { recursive: true })
    await greyPicture(join(root, 'a.png'), 1)
    await greyPicture(join(root, 'deep', 'er', 'b.png'), 2)
    writeFileSync(join(root, 'index.csv'), 'not an image')
    const first = await exploreFolder(root, out, listing)
    expect(first).toMatchObject({ readNow: 2, readBefore: 0 })

    await greyPicture(join(root, 'a.png'), 3)
    utimesSync(join(root, 'a.png'), 1_000, 1_000)
    const second = await exploreFolder(root, out, listing)
    expect(second).toMatchObject({ readNow: 1, readBefore: 1 })
    const facts = await collect(currentFacts(second))
    expect(facts.map(({ path }) => path).sort()).toEqual(['a.png', join('deep', 'er', 'b.png')])
    expect(facts.find(({ path }) => path === 'a.png')).toMatchObject({ rows: 160, columns: 140, modifiedMs: 1_000_000 })
  })
  it('goes on after a crash that tore the last line', async () => {
    const root = temporaryFolder()
    const out = temporaryFolder()
    for (const seed of [1, 2, 3]) await greyPicture(join(root, `${seed}.png`), seed)
    await exploreFolder(root, out, listing)
    const journal = join(out, 'file-facts.jsonl')
    const text = readFileSync(journal, 'utf8')
    writeFileSync(journal, text.slice(0, -60))
    const explored = await exploreFolder(root, out, listing)
    expect(explored).toMatchObject({ readNow: 1, readBefore: 2 })
    expect(await collect(currentFacts(explored))).toHaveLength(3)
  })
  it('must be there and hold something', async () => {
    await expect(exploreFolder('/nowhere', temporaryFolder(), listing)).rejects.toThrow(/is not a folder/)
    await expect(exploreFolder(temporaryFolder(), temporaryFolder(), listing)).rejects.toThrow(/There is no picture/)
  })
  it('lists files that are no images as problems', async () => {
    const root = temporaryFolder()
    writeFileSync(join(root, '<b>x'), 'text that is no image')
    writeFileSync(join(root, 'y.dcm'), Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.alloc(40, 255)]))
    const explored = await exploreFolder(root, temporaryFolder(), listing)
    const exploration = await summariseFacts(() => currentFacts(explored), noTables)
    expect(exploration.counts).toMatchObject({ files: 2, images: 0, problemFiles: 2 })
    const { page } = buildExplorationReport(exploration, 'x', null)
    expect(page.markup).toContain('&lt;b&gt;x: not-an-image')
    expect(page.markup).not.toMatch(/NaN|undefined/)
  })
})

const noTables = { annotations: null, labels: null, grid: 'image', sampleSize: 2, seed: 1 } as const

describe('a set of phantoms', () => {
  const root = join(process.cwd(), 'node_modules', '.cache', `evaluation-phantoms-${process.pid}`)
  let exploration: Exploration
  beforeAll(async () => {
    const { phantoms } = await writePhantomSet({ count: 6, outDir: root, seed: 3, rows: 128 })
    copyFileSync(join(root, phantoms[0].file), join(root, 'copy-of-the-first.dcm'))
    appendFileSync(join(root, 'train-rle.csv'), 'no-such-image,-1\n')
    const explored = await exploreFolder(root, join(root, 'report'), {
      ...listing,
      readFile: async (from, file) => readFileFacts(from, file, codecs),
    })
    exploration = await summariseFacts(() => currentFacts(explored), {
      ...noTables,
      annotations: await readAnnotations(join(root, 'train-rle.csv')),
    })
  }, 60_000)
  afterAll(async () => {
    const { rmSync } = await import('node:fs')
    rmSync(root, { recursive: true, force: true })
  })

  it('is counted, the copy once', () => {
    expect(exploration.counts).toMatchObject({
      files: 7,
      images: 6,
      copies: 1,
      annotationRows: 7,
      annotatedWithoutFile: 1,
      imagesWithoutLabel: 0,
    })
    expect(exploration.images.classes).toMatchObject({ positive: 3, negative: 3 })
  })
  it('has its masks measured', () => {
    expect(exploration.masks.records).toHaveLength(3)
    for (const record of exploration.masks.records) {
      expect(record.areaFraction).toBeGreaterThan(0)
      expect(record.regions).toBeGreaterThan(0)
    }
    const coverage = exploration.masks.position.coverage()
    const mean = coverage.reduce((sum, value) => sum + value, 0) / coverage.length
    const fraction = exploration.masks.records.reduce((sum, record) => sum + record.areaFraction, 0) / 3
    expect(mean).toBeCloseTo(fraction, 2)
  })
  it('makes a report with plots of masks, people and pixels', () => {
    const report = buildExplorationReport(exploration, 'phantoms', null)
    const ids = report.figures.map(({ id }) => id)
    expect(ids).toEqual(
      expect.arrayContaining(['by-sex', 'by-view', 'mask-area', 'mask-count', 'mask-position', 'grey-mean']),
    )
    expect(report.page.markup).not.toMatch(/NaN|undefined/)
  })
  it('becomes a data set with pictures, masks and splits', async () => {
    const out = temporaryFolder()
    const options = {
      annotations: await readAnnotations(join(root, 'train-rle.csv')),
      labels: null,
      onlyLabelled: false,
      grid: 'image',
      longSides: [64, 96],
      splits: [
        { name: 'train', fraction: 0.5 },
        { name: 'test', fraction: 0.5 },
      ],
      seed: 1,
      concurrency: 2,
      policy: defaultSuitabilityPolicy,
    } as const
    const made = await prepareDataset(join(root, 'dicom-images-train'), out, codecs, options)
    expect(made).toMatchObject({ images: 6, masks: 3, copies: 0, refused: [] })
    expect(readdirSync(join(out, '64', 'images'))).toHaveLength(6)
    expect(readdirSync(join(out, '96', 'masks'))).toHaveLength(3)

    const { rows } = await readTable(join(out, 'index.csv'))
    const positive = rows.find(({ label }) => label === '1')!
    const [code] = options.annotations.runLengths.get(positive.id)!
    const reference = decodeRunLength(code, { rows: 128, columns: 128 }).reduce((sum, inside) => sum + inside, 0)
    expect(Number(positive.mask_fraction)).toBeCloseTo(reference / 16384, 6)
    const mask = await sharp(join(out, '96', 'masks', `${positive.id}.png`))
      .extractChannel(0)
      .raw()
      .toBuffer()
    expect(new Set(mask)).toEqual(new Set([0, 255]))
    expect(mask.reduce((sum, value) => sum + value / 255, 0) / mask.length).toBeCloseTo(reference / 16384, 2)
    const again = await prepareDataset(join(root, 'dicom-images-train'), out, codecs, options)
    expect(again).toEqual(made)
    const labels = await readLabels(join(out, 'index.csv'))
    expect([...labels.images.values()].filter(({ positive: is }) => is)).toHaveLength(3)
  })
})

it('takes a torn line of the journal for nothing', () => {
  expect(parseFileFacts('{"path":"a"')).toBeNull()
  expect(parseFileFacts('{"path":"a"}')).toBeNull()
})

it('draws the same sample whatever the order', () => {
  const names = Array.from({ length: 50 }, (_, at) => `n${at}`)
  const draw = (order: string[]): string[] => {
    const drawer = new SampleDrawer<string>(5, 1)
    for (const name of order) drawer.offer(name, name)
    return drawer.drawn()
  }
  expect(draw(names)).toEqual(draw([...names].reverse()))
  expect(draw(names)).toHaveLength(5)
})

it('gathers rare values in one line', () => {
  const counts = new LabelCounts()
  for (let value = 0; value < 30; value++) for (let n = 0; n <= value; n++) counts.add(`v${value}`, n % 2 === 0)
  const entries = counts.entries(10)
  expect(entries).toHaveLength(10)
  expect(entries[0][0]).toBe('v29')
  expect(entries[9][0]).toBe('21 others')
})

it('describes grey levels', () => {
  const { mean, standardDeviation, histogram } = greyStatistics(Uint8Array.from([0, 0, 255, 255]))
  expect([mean, standardDeviation, histogram[0], histogram[15]]).toEqual([127.5, 127.5, 0.5, 0.5])
})
