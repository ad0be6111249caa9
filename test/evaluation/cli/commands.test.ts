import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { addEvaluateCommand, type ScreenInto } from '../../../lib/cli/evaluate-command.ts'
import { addExploreCommand } from '../../../lib/cli/explore-command.ts'
import { addMonitorCommand } from '../../../lib/cli/monitor-command.ts'
import { addPrepareDatasetCommand } from '../../../lib/cli/prepare-dataset-command.ts'
import {
  parseFractions,
  parseGrid,
  parseOperatingPoint,
  parseSplits,
  parseWhole,
} from '../../../lib/evaluation/settings/parse-settings.ts'
import { writePhantomSet } from '../../../lib/phantom/write-phantom-set.ts'
import { simulateImages, writeRun, writeTables } from '../stored-run.ts'
import { temporaryFolder } from '../temporary-folder.ts'

let printed: string[] = []
beforeEach(() => {
  printed = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line))
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

async function pleura(args: readonly string[], screenInto: ScreenInto = async () => {}) {
  const program = new Command('pleura').exitOverride()
  addExploreCommand(program)
  addEvaluateCommand(program, screenInto)
  addPrepareDatasetCommand(program)
  addMonitorCommand(program)
  process.exitCode = undefined
  await program.parseAsync(['node', 'pleura', ...args])
  const exitCode = process.exitCode
  process.exitCode = undefined
  return { exitCode, text: printed.join('\n') }
}

describe('pleura evaluate', () => {
  it('reads stored results and writes a report', async () => {
    const folder = temporaryFolder()
    const images = simulateImages(60, 1)
    const tables = writeTables(folder, images)
    await writeRun(join(folder, 'run'), images)
    const out = join(folder, 'report')
    const { exitCode, text } = await pleura([
      ...['evaluate', '--labels', tables.labels, '--rle', tables.rle, '--results', join(folder, 'run')],
      ...['--out', out, '--bootstrap', '100', '--gallery', '0', '--compare', join(folder, 'run'), '--json'],
    ])
    expect(exitCode).toBe(0)
    const summary = JSON.parse(text)
    expect(summary.classification.auc.delong.value).toBeGreaterThan(0.7)
    expect(summary).toEqual(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')))
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Beside the published study')
    expect(existsSync(join(out, 'plots', 'comparison-roc.png'))).toBe(true)
  })
  it('screens the labelled images when no results are given, and ends with 2 when some were not analysed', async () => {
    const folder = temporaryFolder()
    const set = await writePhantomSet({ count: 2, outDir: join(folder, 'set'), seed: 1, rows: 128 })
    const screened: string[] = []
    const { exitCode, text } = await pleura(
      [
        ...['evaluate', '--labels', join(folder, 'set', 'train-rle.csv'), '--images', join(folder, 'set')],
        ...['--out', join(folder, 'report'), '--bootstrap', '100'],
      ],
      async (files, outDir) => {
        screened.push(...files)
        await writeRun(
          outDir,
          set.phantoms.map(({ sopInstanceUid }, at) => ({
            key: sopInstanceUid,
            positive: false,
            probability: at === 0 ? 0.9 : null,
            reason: 'blank',
          })),
        )
      },
    )
    expect(screened).toHaveLength(2)
    expect(exitCode).toBe(2)
    expect(text).toMatch(/1 analysed[\s\S]*1 not analysed/)
    expect(readFileSync(join(folder, 'report', 'report.html'), 'utf8')).toContain('data:image/jpeg;base64,')
  })
  it.each([
    ['no images and no results', [], /nothing to evaluate/],
    ['an operating point without a threshold', ['--operating-point', 'x'], /NAME=THRESHOLD/],
    ['a prevalence of 0', ['--prevalence', '0'], /between 0 and 1/],
    ['images that are elsewhere', ['--images', '.'], /none of the 1 labelled images/],
  ])('refuses %s', async (_, args, message) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'elsewhere.dcm'), 'a picture')
    const { labels } = writeTables(folder, [{ key: 'nowhere', positive: true, probability: 0.5 }])
    const images = args.map((arg) => (arg === '.' ? folder : arg))
    await expect(pleura(['evaluate', '--labels', labels, '--out', join(folder, 'out'), ...images])).rejects.toThrow(
      message,
    )
  })
})

describe('tables that do not say what they seem to', () => {
  const runs = (starts: readonly number[]) => starts.map((start) => `${start} 3`).join(' ')
  it.each([
    ['absolute starts', runs([1000, 1128, 1256, 1384, 1512, 1640]), /table.csv look as if their starts were absolute/],
    ['few absolute starts', runs([1000, 1128, 1256, 1384]), /table.csv look as if their starts were absolute/],
    ['two runs that end beyond the image', runs([9000, 9128]), /--rle-shape.*are their starts absolute\?/],
    ['half a pair', '5', /not pairs of start and length/],
  ])('evaluate and prepare-dataset refuse %s', async (_, code, message) => {
    const folder = temporaryFolder()
    const { phantoms } = await writePhantomSet({ count: 2, outDir: join(folder, 'set'), seed: 1, rows: 128 })
    const [key] = phantoms.map(({ sopInstanceUid }) => sopInstanceUid)
    await writeRun(join(folder, 'run'), [{ key, positive: true, probability: 0.9 }])
    const { labels } = writeTables(folder, [{ key, positive: true, probability: 0.9 }])
    const rle = join(folder, 'table.csv')
    writeFileSync(rle, `ImageId,EncodedPixels\n${key},${code}\n`)
    const out = join(folder, 'out')
    const tables = ['--rle', rle, '--out', out]
    const evaluating = ['evaluate', '--labels', labels, '--results', join(folder, 'run'), '--rle-shape', '128x128']
    await expect(pleura([...evaluating, ...tables])).rejects.toThrow(message)
    const preparing = ['prepare-dataset', join(folder, 'set'), '--sizes', '64']
    await expect(pleura([...preparing, ...tables])).rejects.toThrow(message)
    // Described all the same, with a note, where a single code is at fault.
    const exploring = pleura(['explore', join(folder, 'set'), ...tables])
    if (/absolute starts/.test(_)) await expect(exploring).rejects.toThrow(message)
    else expect((await exploring).text).toMatch(/note: The run lengths of/)
  })

  it('explore names uncertain labels and missing run lengths', async () => {
    const folder = temporaryFolder()
    const { phantoms } = await writePhantomSet({ count: 2, outDir: join(folder, 'set'), seed: 1, rows: 128 })
    const [first, second] = phantoms.map(({ sopInstanceUid }) => sopInstanceUid)
    const labels = join(folder, 'labels.csv')
    writeFileSync(labels, `id,label\n${first},-1\n${second},1\n`)
    const rle = join(folder, 'rle.csv')
    writeFileSync(rle, `ImageId,EncodedPixels\n${first},nan\n`)
    const { text } = await pleura([
      ...['explore', join(folder, 'set'), '--labels', labels, '--rle', rle, '--out', join(folder, 'out')],
    ])
    expect(text).toMatch(/Labels: 1 with pneumothorax, 0 without, 1 not stated/)
    expect(text).toMatch(/note: .*the label '-1' says uncertain/)
    expect(text).toMatch(/note: .*the run-length code is missing \('nan'\)/)
  })
})

describe('pleura monitor', () => {
  it('ends with 0 without and with 3 on an alarm', async () => {
    const folder = temporaryFolder()
    await writeRun(join(folder, 'spring'), simulateImages(200, 1))
    await writeRun(join(folder, 'summer'), simulateImages(200, 2))
    await writeRun(
      join(folder, 'autumn'),
      simulateImages(200, 3).map((image) => ({ ...image, probability: Math.min(1, image.probability! + 0.3) })),
    )
    const periods = (current: string) => [
      ...['monitor', '--reference', join(folder, 'spring'), '--current', join(folder, current), '--json'],
    ]
    expect((await pleura(periods('summer'))).exitCode).toBe(0)
    printed = []
    const { exitCode, text } = await pleura([...periods('autumn'), '--out', join(folder, 'report')])
    expect(exitCode).toBe(3)
    expect(JSON.parse(text).alarms).toContain('suspected-rate')
    expect(existsSync(join(folder, 'report', 'report.html'))).toBe(true)
  })
})

describe('pleura explore and prepare-dataset', () => {
  it('describe phantoms and make a data set of them', async () => {
    const folder = temporaryFolder()
    await writePhantomSet({ count: 4, outDir: join(folder, 'set'), seed: 1, rows: 128 })
    const tables = ['--rle', join(folder, 'set', 'train-rle.csv')]
    const explored = await pleura(['explore', join(folder, 'set'), ...tables, '--out', join(folder, 'report')])
    expect(explored.exitCode).toBe(0)
    expect(explored.text).toMatch(/4 files \(4 read now, 0 before\)/)
    printed = []
    const made = await pleura([
      ...['prepare-dataset', join(folder, 'set'), ...tables, '--out', join(folder, 'data')],
      ...['--sizes', '64', '--splits', 'train=0.5,test=0.5'],
    ])
    expect(made.exitCode).toBe(0)
    expect(made.text).toMatch(/4 images, 2 with a mask/)
    expect(readFileSync(join(folder, 'data', 'index.csv'), 'utf8').split('\n')).toHaveLength(6)
  })

  it('leave out what --where leaves out, also where the run lengths name it', async () => {
    const folder = temporaryFolder()
    const set = join(folder, 'set')
    await writePhantomSet({ count: 4, outDir: set, seed: 1, rows: 128 })
    const runLengths = join(set, 'train-rle.csv')
    const ids = readFileSync(runLengths, 'utf8')
      .split('\n')
      .slice(1)
      .flatMap((line) => line.split(',')[0] || [])
    const labels = join(folder, 'labels.csv')
    const rows = ids.map((id, at) => `${id},${at % 2},${at < 2 ? 'silver' : 'gold'}`)
    writeFileSync(labels, ['id,label,split', ...rows].join('\n'))
    const words = ['prepare-dataset', set, '--rle', runLengths, '--out', join(folder, 'data'), '--sizes', '64']
    await pleura([...words, '--labels', labels, '--where', 'split=silver', '--splits', 'train=0.5,test=0.5'])
    const index = readFileSync(join(folder, 'data', 'index.csv'), 'utf8')
    expect(ids.map((id) => index.includes(id))).toEqual([true, true, false, false])
    await expect(pleura([...words, '--where', 'split=silver'])).rejects.toThrow(/give --labels/)
    writeFileSync(labels, 'id,label,split\nsomebody-else,1,silver')
    await expect(pleura([...words, '--labels', labels, '--where', 'split=silver'])).rejects.toThrow(
      /no file that may be an image that the labels name/,
    )
  })
})

describe('settings', () => {
  it('are read', () => {
    expect(parseGrid('image')).toBe('image')
    expect(parseGrid('1024x768')).toEqual({ rows: 1024, columns: 768 })
    expect(parseFractions('0.01,0.05')).toEqual([0.01, 0.05])
    expect(parseOperatingPoint('a=0.25')).toEqual({ id: 'a', threshold: 0.25 })
    expect(parseSplits('train=0.8,test=0.2')).toHaveLength(2)
    expect(parseWhole('3', 1)).toBe(3)
  })
  it.each([
    ['a grid without rows', () => parseGrid('0x5')],
    ['a grid of words', () => parseGrid('big')],
    ['fractions above 1', () => parseFractions('1.5')],
    ['a threshold above 1', () => parseOperatingPoint('a=2')],
    ['an empty threshold', () => parseOperatingPoint('a=')],
    ['shares that make less than 1', () => parseSplits('train=0.5')],
    ['a split of two equal names', () => parseSplits('a=0.5,a=0.5')],
    ['half a number', () => parseWhole('1.5', 1)],
    ['less than the least', () => parseWhole('0', 1)],
  ])('refuse %s', (_, parse) => {
    expect(parse).toThrow(/Write|whole number/)
  })
})
