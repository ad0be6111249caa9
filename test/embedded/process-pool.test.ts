import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { packageRoot } from '../../lib/embedded/package-root.ts'

const folder = mkdtempSync(join(packageRoot, 'dist/close-pool-'))
const program = join(folder, 'close-pool.js')
beforeAll(async () => {
  const entryPoints = [join(import.meta.dirname, 'close-pool.ts')]
  const target = { platform: 'node', format: 'esm', target: 'node20' } as const
  await build({ ...target, entryPoints, outfile: program, bundle: true, packages: 'external' })
})
afterAll(() => rmSync(folder, { recursive: true }))

// Node ends with code 13 when nothing is left that could wake it and something is still awaited.
it.skipIf(process.platform !== 'linux')('closing a pool waits for a process that takes its time to end', () => {
  const file = join(folder, 'no-picture.txt')
  writeFileSync(file, 'no picture')
  expect(execFileSync(process.execPath, [program, file, folder], { encoding: 'utf8' })).toBe('closed\n')
})
