import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { FolderObjectStore } from '../../lib/adapters/embedded/folder-object-store.ts'
import { addEvaluateCommand } from '../../lib/cli/evaluate-command.ts'
import { addExportReviewsCommand } from '../../lib/cli/export-reviews-command.ts'
import { addPrepareDatasetCommand } from '../../lib/cli/prepare-dataset-command.ts'
import type { DrawnMask } from '../../lib/console/api/read-drawn-mask.ts'
import type { ReviewRequest } from '../../lib/console/contract/review.ts'
import type { WorklistRow } from '../../lib/console/contract/worklist.ts'
import { FolderReviews } from '../../lib/embedded/console/folder-reviews.ts'
import { decodeReference } from '../../lib/evaluation/dataset/decode-reference.ts'
import { readAnnotations } from '../../lib/evaluation/dataset/read-annotations.ts'
import { readLabels } from '../../lib/evaluation/dataset/read-labels.ts'
import { readMask } from '../../lib/evaluation/results/read-mask.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { drawPhantoms } from '../embedded/console/open-console.ts'
import { runCommand } from './run-command.ts'

/** Of the phantoms. */
const size = { rows: 256, columns: 220 }
let phantoms: Uint8Array[]
let results: string
let out: string
let reviews: FolderReviews
let time: number

beforeAll(async () => {
  phantoms = await drawPhantoms(4)
  size.columns = await columnsOf(phantoms[0])
})
beforeEach(async () => {
  results = mkdtempSync(join(tmpdir(), 'pleura-reviewed-'))
  out = join(results, 'export')
  time = Date.parse('2026-11-27T08:00:00Z')
  reviews = await FolderReviews.open(
    new FolderObjectStore(results),
    // Each review a second later.
    { now: () => (time += 1000), monotonic: () => 0 },
    () => {},
  )
  mkdirSync(join(results, 'images'))
  for (const [at, phantom] of phantoms.entries()) {
    writeFileSync(join(results, 'images', `${at}.dcm`), phantom)
    const line = { input: `in/${at}.dcm`, imageId: imageIdOf(phantom), outcome: 'suspected', probability: 0.5 }
    appendFileSync(join(results, 'results.jsonl'), `${JSON.stringify(line)}\n`)
  }
})

const say = (
  image: number,
  reviewer: string,
  pneumothorax: ReviewRequest['pneumothorax'],
  mask: DrawnMask | null = null,
) => {
  const row = { studyId: imageIdOf(phantoms[image]), outcome: 'suspected' } as WorklistRow
  return reviews.add(row, null, { reviewer, agreement: 'agree', pneumothorax, side: null, note: '' }, mask)
}
const bar = (from: number): Uint8Array =>
  Uint8Array.from({ length: size.rows * size.columns }, (_, at) => Number(at >= from && at < from + 40))
async function draw(pixels: Uint8Array): Promise<DrawnMask> {
  const png = await createCodecs().encodeGreyPng({ ...size, pixels: pixels.map((inside) => inside * 255) })
  return { png, areaPixels: 40 }
}
async function columnsOf(phantom: Uint8Array): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'pleura-columns-'))
  writeFileSync(join(folder, 'a.dcm'), phantom)
  await runCommand(addPrepareDatasetCommand, 'prepare-dataset', folder, '--out', join(folder, 'out'), '--sizes', '16')
  const [head, row] = readFileSync(join(folder, 'out/index.csv'), 'utf8').split('\n')
  return Number(row.split(',')[head.split(',').indexOf('columns')])
}
const run = (...options: string[]) =>
  runCommand(addExportReviewsCommand, 'export-reviews', '--results', results, '--out', out, ...options)

describe('pleura export-reviews', () => {
  it('writes labels and masks as the evaluation reads them: the last word of each reader', async () => {
    await say(0, 'A', 'absent')
    await say(0, 'A', 'present', await draw(bar(300)))
    await say(1, 'A', 'absent')
    await say(2, 'A', 'present')
    const { exitCode, stdout } = await run()
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^3 last words on 3 images: 2 with pneumothorax, 1 without, .* 1 masks$/m)
    const { images, problems } = await readLabels(join(out, 'labels.csv'))
    expect(problems).toEqual([])
    expect([...images.values()].map(({ key, positive }) => [key, positive]).sort()).toEqual([
      ['0', true],
      ['1', false],
      ['2', true],
    ])
    const { runLengths } = await readAnnotations(join(out, 'masks.csv'))
    // Nothing was drawn on the third: that is not an empty mask.
    expect([...runLengths.keys()].sort()).toEqual(['0', '1'])
    expect(decodeReference('0', runLengths.get('0')!, size)).toEqual(bar(300))
    expect(runLengths.get('1')).toEqual([])
    const [name] = readdirSync(join(out, 'masks'))
    expect(readFileSync(join(out, 'labels.csv'), 'utf8')).toContain(`,${name},`)
    mkdirSync(join(out, 'x'))
    writeFileSync(join(out, 'x/mask.png'), readFileSync(join(out, 'masks', name)))
    expect((await readMask(out, 'x'))?.pixels).toEqual(bar(300))
  })

  it('joins the masks of two readers who agree', async () => {
    await say(0, 'A', 'present', await draw(bar(300)))
    await say(0, 'B', 'present', await draw(bar(500)))
    await run()
    const { runLengths } = await readAnnotations(join(out, 'masks.csv'))
    const other = bar(500)
    const both = bar(300).map((inside, at) => inside | other[at])
    expect(decodeReference('0', runLengths.get('0')!, size)).toEqual(both)
  })

  it('names images on which readers differ, and gives them neither label nor mask', async () => {
    await say(0, 'A', 'present', await draw(bar(300)))
    await say(0, 'B', 'absent')
    await say(1, 'A', 'undecided', await draw(bar(300)))
    await say(2, 'A', 'absent')
    const { exitCode, stdout } = await run()
    expect(exitCode).toBe(3)
    expect(stdout).toMatch(/note: 0\.dcm: readers differ, so it has no label \(A: present; B: absent\)/)
    expect(stdout).toMatch(/note: 1\.dcm: undecided/)
    const { images } = await readLabels(join(out, 'labels.csv'))
    expect([...images.values()].filter(({ positive }) => positive !== null).map(({ key }) => key)).toEqual(['2'])
    expect([...(await readAnnotations(join(out, 'masks.csv'))).runLengths.keys()]).toEqual(['2'])
    // What was drawn is not lost.
    expect(readdirSync(join(out, 'masks'))).toHaveLength(2)
  })

  it('says it all as JSON', async () => {
    await say(0, 'A', 'present')
    await say(0, 'B', 'absent')
    const words = [
      { reviewer: 'A', pneumothorax: 'present' },
      { reviewer: 'B', pneumothorax: 'absent' },
    ]
    expect(JSON.parse((await run('--json')).stdout)).toEqual({
      reviews: 2,
      images: 1,
      positive: 0,
      negative: 0,
      undecided: [],
      differing: [{ image: '0.dcm', words }],
      masks: 0,
      namedById: [],
    })
  })

  it('names by its id an image whose file name another image has too', async () => {
    const lines = readFileSync(join(results, 'results.jsonl'), 'utf8')
    writeFileSync(join(results, 'results.jsonl'), lines.replace('in/1.dcm', 'other/0.png'))
    await say(0, 'A', 'present')
    await say(1, 'A', 'absent')
    expect((await run()).stdout).toMatch(/named by its id/)
    const { images } = await readLabels(join(out, 'labels.csv'))
    expect([...images.keys()].sort()).toEqual([imageIdOf(phantoms[0]), imageIdOf(phantoms[1])].sort())
  })

  it('is refused, and writes nothing, where there is no review', async () => {
    await expect(run()).rejects.toThrow(ConfigurationError)
    expect(readdirSync(results)).not.toContain('export')
  })

  it('makes tables that prepare-dataset and evaluate take', async () => {
    await say(0, 'A', 'present', await draw(bar(300)))
    await say(1, 'A', 'absent')
    await say(2, 'A', 'absent')
    await say(3, 'A', 'present', await draw(bar(900)))
    await run()
    const tables = ['--labels', join(out, 'labels.csv'), '--rle', join(out, 'masks.csv')]
    const images = join(results, 'images')
    const made = await runCommand(
      addPrepareDatasetCommand,
      ...['prepare-dataset', images, '--out', join(out, 'set'), '--sizes', '64', '--json', ...tables],
    )
    expect(JSON.parse(made.stdout)).toMatchObject({ images: 4, masks: 2, refused: [] })
    const addEvaluate = (program: Parameters<typeof addEvaluateCommand>[0]) =>
      addEvaluateCommand(program, () => Promise.reject(new Error('nothing is screened here')))
    const options = [
      '--results',
      results,
      '--out',
      join(out, 'report'),
      '--bootstrap',
      '100',
      '--gallery',
      '0',
      '--json',
    ]
    const evaluated = JSON.parse((await runCommand(addEvaluate, 'evaluate', ...options, ...tables)).stdout)
    expect(evaluated.counts).toMatchObject({ labelled: 4, analysed: 4 })
  })
})
