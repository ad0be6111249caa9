import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './build-assets.ts'

const dockerfile = readFileSync(join(root, 'functions/screen/Dockerfile'), 'utf8')

/** Runs the Dockerfile's check with an `ldd` that prints what is given. @returns its exit status */
function check(links: string, lddStatus = 0): number | null {
  const [, command] = dockerfile.match(/^RUN (links=\$\(ldd [\s\S]*?[^\\])\n[A-Z]/m) ?? []
  const folder = mkdtempSync(join(tmpdir(), 'pleura-ldd-'))
  writeFileSync(join(folder, 'ldd'), `#!/bin/sh\ncat <<'END'\n${links}\nEND\nexit ${lddStatus}\n`, { mode: 0o755 })
  const shell = ['-o', 'pipefail', '-c', command ?? 'exit 99']
  return spawnSync('/bin/bash', shell, { env: { PATH: `${folder}:/usr/bin:/bin` } }).status
}

const found = '\tlibcudart.so.13 => /usr/local/cuda/lib64/libcudart.so.13 (0x00007f0000000000)'
const fromDriver = '\tlibcuda.so.1 => not found'

describe('the build of the image with CUDA', () => {
  it('goes on when all libraries but the driver’s are in the base', () => {
    expect(check(`${found}\n${fromDriver}`)).toBe(0)
    expect(check(found)).toBe(0)
  })

  it('ends when the base is of another CUDA', () => {
    expect(check(`\tlibcudart.so.13 => not found\n${fromDriver}`)).toBe(1)
  })

  it('ends when the provider is not there', () => {
    expect(check('', 1)).toBe(1)
  })
})
