// Bundles the programs into dist/, packages left outside. `npm ci` runs it, so `npx pleura` works in the checkout.
import { readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from 'esbuild'

const root = import.meta.dirname ?? new URL('.', import.meta.url).pathname
const programs = [
  'lib/cli/main.ts',
  'lib/cli/screen-worker.ts',
  'lib/adapters/codecs/codec-worker.ts',
  'test/bench/main.ts',
]

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: programs,
  outbase: '.',
  outdir: 'dist',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  metafile: true,
  logLevel: 'warning',
})

for (const entry of readdirSync(join(root, 'dist'), { withFileTypes: true, recursive: true })) {
  const file = join(entry.parentPath ?? entry.path, entry.name)
  if (entry.isFile() && !(relative(root, file) in metafile.outputs)) rmSync(file, { force: true })
}
