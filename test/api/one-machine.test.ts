import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { buildResultLine, failedLine } from '../../lib/screening/result-documents/result-line.ts'
import { newFolder, openConsole, removeFolder } from '../embedded/console/open-console.ts'
import { exampleOf } from '../functions/console/open-console.ts'
import { drawPicture } from '../functions/screen/draw-picture.ts'
import { publishedDocument } from './published-document.ts'
import { tryApi } from './try-api.ts'

/*
 * The API of `pleura serve` against its document, by schemathesis, which knows nothing of this code: a token is asked for, and
 * there are rows of every outcome, also of one that the system failed over.
 */

let folder: string
beforeAll(() => {
  folder = newFolder()
})
afterAll(() => removeFolder(folder))

const outcomes = ['suspected', 'not-suspected', 'not-analysed'] as const

/** An output folder as `pleura screen` leaves it. */
async function writeResults(outDir: string): Promise<void> {
  const lines = []
  for (const [seed, outcome] of outcomes.entries()) {
    const picture = await drawPicture(seed, outcome === 'suspected')
    const input = join(outDir, `${outcome}.png`)
    writeFileSync(input, picture)
    const example = exampleOf(outcome)
    const result = {
      ...example,
      imageId: imageIdOf(new Uint8Array(picture)),
      // As for a tenant whose documents leave the mask out.
      segmentation: example.segmentation && { ...example.segmentation, mask: null },
    }
    mkdirSync(join(outDir, result.imageId))
    writeFileSync(join(outDir, result.imageId, 'result.json'), JSON.stringify(result))
    writeFileSync(join(outDir, result.imageId, 'mask.png'), picture)
    lines.push(buildResultLine(input, result))
  }
  const failed = await drawPicture(9, true)
  writeFileSync(join(outDir, 'failed.png'), failed)
  lines.push(failedLine(join(outDir, 'failed.png'), imageIdOf(new Uint8Array(failed)), 'system-failure'))
  writeFileSync(join(outDir, 'results.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

it('holds on one machine', async () => {
  await writeResults(folder)
  const token = 'a-token-of-this-machine'
  const served = await openConsole(folder, { host: '0.0.0.0', token })
  try {
    const address = served.address.replace('0.0.0.0', '127.0.0.1').replace(/\/$/, '')
    const { isFaultless, report } = await tryApi({ address, token, document: publishedDocument('one-machine') }, folder)
    expect(isFaultless, report).toBe(true)
    expect(served.logged.filter((line) => line.includes('console-failed'))).toEqual([])
  } finally {
    await served.close()
  }
})
