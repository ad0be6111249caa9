import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../lib/embedded/package-root.ts'
import { sharedFolder } from './corpus-index.ts'

/*
 * Mutated files that were once prepared in silence, took more memory than they may, or hung a codec. They are not part
 * of the repository; test/codecs/damaged-frames.test.ts and test/fuzz make their like anew.
 */

const folder = sharedFolder && join(sharedFolder, 'data/mutated')
const files = folder && existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.bin')) : []
const named = (prefix: string): string[] => files.filter((name) => name.startsWith(prefix))

/** What a file may add to the process. Unit: bytes. */
const maximumExtraBytes = 300_000_000
/** A guard against hanging, not a measure of speed: the machine may be busy. */
const hangMs = 10_000

const programs = mkdtempSync(join(packageRoot, 'dist/mutated-'))
const program = join(programs, 'measure-preparation.js')
beforeAll(async () => {
  const entryPoints = [join(import.meta.dirname, 'measure-preparation.ts')]
  await build({
    entryPoints,
    outfile: program,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  })
})
afterAll(() => rmSync(programs, { recursive: true }))

interface Measured {
  readonly code: string | null
  readonly warnings: readonly string[]
  readonly milliseconds: number
  readonly extraBytes: number
}

const measure = (name: string): Measured =>
  JSON.parse(
    execFileSync(process.execPath, [program, join(folder as string, name)], { encoding: 'utf8', timeout: 6 * hangMs }),
  )

if (files.length === 0) console.log('mutated files: not on this machine, their tests are left out')

describe.skipIf(files.length === 0)('a mutated file', () => {
  it.each(named('memory-'))('%s is refused within 300 MB', (name) => {
    const { code, extraBytes, milliseconds } = measure(name)
    expect(code).toBe('corrupt-pixel-data')
    expect(extraBytes).toBeLessThan(maximumExtraBytes)
    expect(milliseconds).toBeLessThan(hangMs)
  })

  it.each(named('slow-'))('%s does not hang its codec', (name) => {
    const { code, milliseconds } = measure(name)
    expect(code).toBe('corrupt-pixel-data')
    expect(milliseconds).toBeLessThan(hangMs)
  })

  it.each(named('constant-'))('%s is blank, or shown without the table that hid it', (name) => {
    const { code, warnings } = measure(name)
    if (code === null) expect(warnings).toContain('lut-unusable')
    else expect(code).toBe('blank')
  })

  it.each(named('silent-'))('%s is refused, or its damage is warned of', (name) => {
    const { code, warnings } = measure(name)
    if (code === null) expect(warnings).toContain('pixel-data-damaged')
    else expect(code).toBe('corrupt-pixel-data')
  })
})
