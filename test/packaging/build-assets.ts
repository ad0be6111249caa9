import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** Builds all assets into a new folder. @returns the folder */
export function buildAssets(arch: 'arm64' | 'x64' = 'arm64'): string {
  const out = mkdtempSync(join(tmpdir(), 'pleura-assets-'))
  execFileSync('node', ['packaging/build-assets.mjs', '--arch', arch, '--out', out], { cwd: root, stdio: 'pipe' })
  return out
}

export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
