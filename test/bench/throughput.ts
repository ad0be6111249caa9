import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { screenFiles } from '../../lib/embedded/screen-files.ts'
import { defaultSettings } from '../../lib/embedded/screening-settings.ts'
import { median, ms, spreadOf } from './measure.ts'

const rounds = 3

/**
 * Images per second from file to documents at concurrency 1 and 2, by turns, counted once every process has finished
 * its first images; the start of processes and the loading of the network are the time to the first result.
 */
export async function benchThroughput(files: readonly string[]): Promise<string[][]> {
  const rates: [one: number[], two: number[]] = [[], []]
  const starts: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const concurrency of [1, 2] as const) {
      const { firstMs, perSecond } = await screenAll(files, concurrency)
      rates[concurrency - 1].push(perSecond)
      if (concurrency === 1) starts.push(firstMs)
    }
  }
  const perSecond = (value: number): string => `${value.toFixed(2)}/s`
  return [
    ['start of a process, network loaded, first image', spreadOf(starts, ms)],
    [`concurrency 1, ${files.length} phantoms of 1024²`, spreadOf(rates[0], perSecond)],
    [`concurrency 2, ${files.length} phantoms of 1024²`, spreadOf(rates[1], perSecond)],
    ['concurrency 2 / concurrency 1', `${(median(rates[1]) / median(rates[0])).toFixed(2)} ×`],
  ]
}

async function screenAll(files: readonly string[], concurrency: number) {
  const outDir = await mkdtemp(join(tmpdir(), 'pleura-bench-'))
  const finishedAt: number[] = []
  const started = performance.now()
  await screenFiles(
    files.map((path) => ({ path, problem: null })),
    defaultSettings(outDir),
    { concurrency, force: true, log() {}, onStudy: () => finishedAt.push(performance.now()) },
  )
  await rm(outDir, { recursive: true, force: true })
  const warm = 4 * concurrency
  const seconds = (finishedAt[finishedAt.length - 1] - finishedAt[warm - 1]) / 1000
  return { firstMs: finishedAt[0] - started, perSecond: (finishedAt.length - warm) / seconds }
}
