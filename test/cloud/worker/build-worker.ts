import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageRoot } from '../../../lib/embedded/package-root.ts'

export interface BuiltWorker {
  /** The built main.js of the screening container. */
  readonly program: string
  readonly remove: () => void
}

/** Bundles the screening container's programs, as they are, below dist/, where its packages are found. */
export async function buildWorker(): Promise<BuiltWorker> {
  const outdir = mkdtempSync(join(packageRoot, 'dist/screen-under-test-'))
  await build({
    absWorkingDir: packageRoot,
    entryPoints: ['main', 'documents-program', 'inference-program'].map((name) => `functions/screen/${name}.ts`),
    outdir,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  })
  return { program: join(outdir, 'main.js'), remove: () => rmSync(outdir, { recursive: true, force: true }) }
}
