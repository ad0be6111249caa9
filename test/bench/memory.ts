import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identifySource } from '../../lib/embedded/identify-source.ts'
import { packageRoot } from '../../lib/embedded/package-root.ts'
import { screeningProcessSettings } from '../../lib/embedded/process-settings.ts'
import { screenFile } from '../../lib/embedded/screen-worker.ts'
import { defaultSettings } from '../../lib/embedded/screening-settings.ts'

/** Images before memory counts as settled. */
const warmUp = 100

/**
 * Resident memory of one screening process over `count` images, by turns those of `files`: in a process of its own,
 * started as a screening process is.
 */
export function benchMemory(files: readonly string[], count: number): string[][] {
  const program = join(packageRoot, 'dist/test/bench/memory-process.js')
  const { env, execArgv } = screeningProcessSettings(process.env)
  const command = [...execArgv, program, String(count), ...files]
  return JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8', env }))
}

/** What that process does. */
export async function screenOverAndOver(files: readonly string[], count: number): Promise<string[][]> {
  const outDir = await mkdtemp(join(tmpdir(), 'pleura-bench-'))
  const settings = defaultSettings(outDir)
  const ids = await Promise.all(files.map(identifySource))
  const rows: string[][] = []
  const resident: number[] = []
  for (let image = 1; image <= count; image++) {
    const index = image % files.length
    await screenFile({ path: files[index], imageId: ids[index], settings })
    resident.push(process.memoryUsage.rss())
    if ([warmUp, 250, 500, count].includes(image)) rows.push([`after ${image} images`, megabytes(resident.at(-1)!)])
  }
  await rm(outDir, { recursive: true, force: true })
  const settled = resident.slice(warmUp)
  return [
    ...rows,
    ['peak', megabytes(process.resourceUsage().maxRSS * 1024)],
    [`regression over the last ${settled.length}`, perImage(slopeOf(settled))],
    // What is held between two images goes up and down by megabytes; what is never given back raises the floor.
    [
      `the same over the lowest of each ${files.length}`,
      perImage(slopeOf(floorsOf(settled, files.length)) / files.length),
    ],
  ]
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`

const perImage = (bytes: number): string => `${(bytes / 1024).toFixed(1)} kB an image`

/** The lowest of each `length` values. */
const floorsOf = (values: readonly number[], length: number): number[] =>
  Array.from({ length: Math.floor(values.length / length) }, (_, turn) =>
    Math.min(...values.slice(turn * length, (turn + 1) * length)),
  )

/** Least squares: how much a value grows from one to the next. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let [products, squares] = [0, 0]
  for (const [index, value] of values.entries()) {
    products += (index - middle) * (value - mean)
    squares += (index - middle) ** 2
  }
  return squares === 0 ? 0 : products / squares
}
