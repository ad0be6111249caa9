// Bundles the programs into dist/, packages left outside. `npm ci` runs it, so `npx pleura` works in the checkout.
import { rmSync } from 'node:fs'
import { build } from 'esbuild'

const programs = [
  'lib/cli/main.ts',
  'lib/cli/screen-worker.ts',
  'lib/adapters/codecs/codec-worker.ts',
  'test/bench/main.ts',
]

rmSync(new URL('dist', import.meta.url), { recursive: true, force: true })
await build({
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
  logLevel: 'warning',
})
