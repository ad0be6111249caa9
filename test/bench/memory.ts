import { execFileSync } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identifySource } from '../../lib/embedded/identify-source.ts'
import { packageRoot } from '../../lib/embedded/package-root.ts'
import { screenFile } from '../../lib/embedded/screen-worker.ts'
import { defaultSettings } from '../../lib/embedded/screening-settings.ts'

/** Resident memory of one screening process after 100, 250, 500 and `count` images, in a process that does nothing else. */
export function benchMemory(files: readonly string[], count: number): string[][] {
  const program = join(packageRoot, 'dist/test/bench/memory-process.js')
  return JSON.parse(execFileSync(process.execPath, [program, String(count), ...files], { encoding: 'utf8' }))
}

/** What that process does. */
export async function screenOverAndOver(files: readonly string[], count: number): Promise<string[][]> {
  const settings = defaultSettings(await mkdtemp(join(tmpdir(), 'pleura-bench-')))
  const ids = await Promise.all(files.map(identifySource))
  const rows: string[][] = []
  for (let image = 1; image <= count; image++) {
    const index = image % files.length
    await screenFile({ path: files[index], imageId: ids[index], settings })
    if ([100, 250, 500, count].includes(image)) {
      rows.push([`after ${image} images`, `${Math.round(process.memoryUsage.rss() / 1e6)} MB`])
    }
  }
  rows.push(['peak', `${Math.round((process.resourceUsage().maxRSS * 1024) / 1e6)} MB`])
  return rows
}
