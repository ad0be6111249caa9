import { spawnSync } from 'node:child_process'
import { mkdtempSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { healthyForMs, isHealthy, writeHealth } from '../../../functions/screen/health-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'pleura-health-'))

it('is bad before the worker is ready, good while it beats, and bad when it has not for too long', () => {
  const file = join(folder, 'a')
  expect(isHealthy(file, Date.now())).toBe(false)
  writeHealth(file)
  expect(isHealthy(file, Date.now())).toBe(true)
  expect(isHealthy(file, Date.now() + healthyForMs + 5_000)).toBe(false)
})

it('is what the check of the container ends with', async () => {
  const program = join(folder, 'health-check.mjs')
  const entryPoints = [join(import.meta.dirname, '../../../functions/screen/health-check.ts')]
  await build({ entryPoints, outfile: program, bundle: true, platform: 'node', format: 'esm' })
  const file = join(folder, 'b')
  const check = () => spawnSync(process.execPath, [program], { env: { HEALTH_FILE: file } }).status
  expect(check()).toBe(1)
  writeHealth(file)
  expect(check()).toBe(0)
  utimesSync(file, 0, 0)
  expect(check()).toBe(1)
})
