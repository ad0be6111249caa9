import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { regridMask } from '../../../lib/evaluation/results/read-mask.ts'
import { parseResultLine, readResults } from '../../../lib/evaluation/results/read-results.ts'
import { simulateImages, writeRun } from '../stored-run.ts'
import { temporaryFolder } from '../temporary-folder.ts'

describe('stored results', () => {
  it('are read, one for each input', async () => {
    const folder = temporaryFolder()
    await writeRun(folder, simulateImages(8, 1))
    const { results, problems } = await readResults(folder)
    expect(results.map(({ key }) => key)).toEqual(Array.from({ length: 8 }, (_, at) => `image-${at}`))
    expect(problems).toEqual([])
  })
  it('survive a torn last line, which is reported', async () => {
    const folder = temporaryFolder()
    const lines = await writeRun(folder, simulateImages(3, 1))
    appendFileSync(join(folder, 'results.jsonl'), lines[0].slice(0, 40))
    const { results, problems } = await readResults(folder)
    expect(results).toHaveLength(3)
    expect(problems).toEqual(['results.jsonl line 4: not JSON; was the writing interrupted?'])
  })
  it('take the last of several lines for one input', async () => {
    const folder = temporaryFolder()
    const lines = await writeRun(folder, simulateImages(2, 1))
    const again = JSON.stringify({ ...JSON.parse(lines[0]), probability: 0.125 })
    appendFileSync(join(folder, 'results.jsonl'), `${again}\n`)
    const { results, problems } = await readResults(folder)
    expect(results.find(({ key }) => key === 'image-0')!.probability).toBe(0.125)
    expect(problems[0]).toMatch(/again; the last counts/)
  })
  it('leave out inputs of one name with different content', async () => {
    const folder = temporaryFolder()
    const lines = await writeRun(folder, simulateImages(2, 1))
    const other = JSON.stringify({ ...JSON.parse(lines[0]), input: 'elsewhere/image-0.dcm', imageId: 'f'.repeat(32) })
    appendFileSync(join(folder, 'results.jsonl'), `${other}\n`)
    const { results, problems } = await readResults(folder)
    expect(results.map(({ key }) => key)).toEqual(['image-1'])
    expect(problems[0]).toMatch(/image-0: several inputs of that name/)
  })
  it('must be there', async () => {
    await expect(readResults(temporaryFolder())).rejects.toThrow(/pleura screen/)
  })
})

describe('a result line is refused', () => {
  const legal = { input: 'a.dcm', imageId: 'x', outcome: 'suspected', probability: 0.5 }
  it.each([
    ['with a probability of NaN', { ...legal, probability: 'NaN' }, /probability/],
    ['with a probability above 1', { ...legal, probability: 1.2 }, /probability/],
    ['without a probability for a finding', { ...legal, probability: null }, /has no probability/],
    ['with an unknown outcome', { ...legal, outcome: 'negative' }, /outcome/],
    ['that is a list', [], /the line/],
  ])('%s', (_, line, message) => {
    expect(parseResultLine(JSON.stringify(line))).toMatch(message)
  })
  it('with NaN written as such', () => {
    expect(parseResultLine('{"input":"a","probability":NaN}')).toMatch(/not JSON/)
  })
})

it('takes the pixel under the centre when a mask changes its grid', () => {
  const mask = { rows: 2, columns: 2, pixels: Uint8Array.from([1, 0, 0, 1]) }
  const large = regridMask(mask, { rows: 4, columns: 4 })
  expect([...large.pixels]).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1])
  expect(regridMask(large, { rows: 2, columns: 2 }).pixels).toEqual(mask.pixels)
})

it('keeps a results file that holds nothing apart from one that is missing', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'results.jsonl'), '')
  expect((await readResults(folder)).results).toEqual([])
})
