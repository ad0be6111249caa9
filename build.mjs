// Bundles the programs into dist/, packages left outside. `npm ci` runs it, so `npx pleura` works in the checkout.
// Chunks of earlier builds stay: a program that is running may still load them.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const programs = [
  'lib/cli/main.ts',
  'lib/embedded/screen-worker.ts',
  'lib/adapters/codecs/codec-worker.ts',
  'functions/screen/inference-program.ts',
  'test/bench/fit-upright.ts',
  'test/bench/main.ts',
  'test/bench/memory-process.ts',
  'test/bench/presentation-sweep.ts',
  'test/fuzz/damage-table.ts',
  'test/fuzz/fuzz-process.ts',
  'test/fuzz/main.ts',
]

await build({
  absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
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
