import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { packageRoot } from '../../lib/embedded/package-root.ts'

const folder = mkdtempSync(join(packageRoot, 'dist/process-pool-'))
const file = join(folder, 'no-picture.txt')
beforeAll(async () => {
  writeFileSync(file, 'no picture')
  const entryPoints = ['close-pool.ts', 'kill-starting-processes.ts'].map((name) => join(import.meta.dirname, name))
  const target = { platform: 'node', format: 'esm', target: 'node20' } as const
  await build({ ...target, entryPoints, outdir: folder, bundle: true, packages: 'external' })
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (program: string): string =>
  execFileSync(process.execPath, [join(folder, program), file, folder], { encoding: 'utf8' })

// Node ends with code 13 when nothing is left that could wake it and something is still awaited.
it.skipIf(process.platform !== 'linux')('closing a pool waits for a process that takes its time to end', () => {
  expect(run('close-pool.js')).toBe('closed\n')
})

it.skipIf(process.platform !== 'linux')('says so when its processes die as they start, and starts others', () => {
  expect(run('kill-starting-processes.js')).toBe('the screening process ended twice over this image\nrejected\n')
})
